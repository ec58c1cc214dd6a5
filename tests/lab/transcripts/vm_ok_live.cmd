qm migrate 212 pve1 --online
