"""Sessions: a resident evaluator in the language itself, spoken to in frames."""
