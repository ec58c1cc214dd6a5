ha-manager migrate ct:120 pve2
