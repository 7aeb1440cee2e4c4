"""Independent models of what a stage must do: the judge's own idea, written from the facts."""
