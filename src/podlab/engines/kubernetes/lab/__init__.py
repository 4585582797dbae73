"""What a class needs of a cluster beside its seats' pods: a namespace with bounds and borders, and what seats share.

`ground` is all of it as plain manifests, pure; `bounds`, `borders` and `pod_security` are its parts, `shared` is the
mirror's Deployment. `laying` and `sharing` take it to the cluster, and `owned` compares what is there.
"""
