pct migrate 120 pve2 --restart
