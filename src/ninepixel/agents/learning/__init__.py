"""How minds learn: recurrent PPO with curiosity, in torch, which only this folder needs (``pip install 'ninepixel[train]'``)."""
