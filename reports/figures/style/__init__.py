"""What all figures share: the style and files, colours and markers, places of labels."""
