"""The verb data: fetch or prepare a data set or a published checkpoint."""
