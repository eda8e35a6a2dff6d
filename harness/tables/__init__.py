"""Tables and lists that users write, as spreadsheets leave them: rows, columns by their heading, names of classes."""
