"""The stage on which the demo and the end-to-end tests play: a private Postfix, the gateway's programs, mail clients.

`Gateway` is the whole of it in one scratch folder; `client` writes mails as people's mail clients do and reads Maildirs;
`story` is the main job, step by step. Standard library only.
"""
