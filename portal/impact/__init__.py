"""User impact: the learner states how an incident hurt users, compared with what was measured."""
