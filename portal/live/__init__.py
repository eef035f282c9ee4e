"""The live SLIs of the learner's service: read, drawn, put into a sentence."""
