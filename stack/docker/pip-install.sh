# pip install, with the certificate of CA_CERT trusted where one is given.
set -eu
if [ -n "${CA_CERT:-}" ]; then
    printf '%s\n' "$CA_CERT" > /tmp/ca.pem
    export PIP_CERT=/tmp/ca.pem
fi
exec /opt/slo-lab/bin/python -m pip install "$@"
