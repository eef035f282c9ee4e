"""Each burst as an annotation on the learner's dashboards in Grafana, that ends with it."""
