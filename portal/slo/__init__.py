"""SLOs: objective, error budget, burn rate, the rules that guard them, and alerts tied to them."""
