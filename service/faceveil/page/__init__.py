"""The page that a browser is shown at `/`: plain files, which load nothing from elsewhere."""
