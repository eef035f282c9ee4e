"""SLO arithmetic: objective, error budget, burn rate, the rules that guard them; asks nobody."""
