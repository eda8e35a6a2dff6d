"""Class maps: which class of a list each class of a data set is; and the maps that come with the package."""
