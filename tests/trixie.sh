#!/bin/sh
# Runs tests on the Python of Debian 13 ("trixie", 3.13), in a folder of its own:
#
#     tests/trixie.sh FOLDER [arguments of pytest]
#
# Needs root and debootstrap. Without arguments: what needs neither browser nor servers. What was
# installed in FOLDER is used again; the mounts end with the script.
set -eu
folder=${1:?the folder of the Debian, made where there is none}
shift
[ $# -gt 0 ] || set -- -n 2 --dist loadfile -m 'not browser and not stack'
lab=$(cd "$(dirname "$0")/.." && pwd)

[ -x "$folder/usr/bin/python3" ] || debootstrap --variant=minbase \
	--include=ca-certificates,git,make,procps,python3,python3-venv trixie "$folder"
for file in /etc/resolv.conf /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
	[ ! -e "$file" ] || cp "$file" "$folder$file"
done
mkdir -p "$folder/lab"
git -C "$lab" ls-files -z | tar -C "$lab" --null -T - -c | tar -C "$folder/lab" --no-same-owner -x

# shellcheck disable=SC2016 # the inner shell fills them in
exec unshare --mount sh -euc '
	mount -t proc proc "$0/proc"
	mount -t tmpfs shm "$0/dev"
	for device in full null random urandom zero; do
		touch "$0/dev/$device"
		mount --bind "/dev/$device" "$0/dev/$device"
	done
	mkdir "$0/dev/shm" "$0/dev/pts"
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$0/dev/pts"
	ln -s pts/ptmx "$0/dev/ptmx"
	ln -s /proc/self/fd "$0/dev/fd"
	exec chroot "$0" sh -euc "
		cd /lab
		python3 stack/bootstrap.py test
		.venv/bin/python -c \"from tests.provision import prometheus; prometheus()\"
		exec .venv/bin/python -m pytest \"\$@\"
	" sh "$@"
' "$folder" "$@"
