#!/bin/sh
# The last step of building a Debian image, run by mmdebstrap as `finish TREE` outside the tree but, for an ordinary
# user, inside its user namespace: copy files, run the recipes' scripts, make the file system. Input lies beside it.
set -eu
tree=$1
here=$1/tmp/stackrig-build
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

# Settings: name, disk (MiB), parts (bases and recipe), postponed (programs), output, layer, layer_file.
# shellcheck source=/dev/null
. "$here/settings"
mkdir -p "$output"

# Runs a command that finds the tree in $bare. A bind mount shows it without what is mounted in it: /proc, /sys and /dev are
# this machine's, and may change while they are read. A tmpfs hides this folder, also from the recipes' files.
bare=$here/bare
mkdir "$bare"
with_bare_tree() {
    # shellcheck disable=SC2016 -- expanded by the inner shell
    unshare --mount sh -euc '
        mount --bind "$0" "$1"
        mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
        shift
        exec "$@"
    ' "$tree" "$bare" "$@"
}

# Runs a command inside it. What a recipe brought may be absolute links: followed from outside, they lead to this machine.
in_tree() {
    with_bare_tree chroot "$bare" "$@"
}

# What is mounted into the tree below is mounted from outside.
refuse_links() {
    for folder in dev dev/shm proc run sys tmp; do
        [ ! -L "$tree/$folder" ] || { echo "the recipe of $1 must not put a link in the place of /$folder"; exit 1; }
    done
}

# mmdebstrap put a start-stop-daemon that does nothing in place of the real one; the image gets the real one back, and
# so do the recipes' scripts, which start databases with it. policy-rc.d still keeps packages from starting services.
in_tree sh -euc '
    [ ! -e /sbin/start-stop-daemon.REAL ] || mv /sbin/start-stop-daemon.REAL /sbin/start-stop-daemon
'

if [ "$layer" != unpack ]; then
    # Those that did nothing while packages were installed.
    # shellcheck disable=SC2016,SC2086 -- expanded by the inner shell; these are words
    in_tree sh -euc '
        for program; do
            rm -f "$program"
            dpkg-divert --quiet --local --rename --remove "$program"
        done
    ' sh $postponed
    if [ -x "$tree/usr/bin/python3" ]; then
        echo "stackrig: compiling Python modules"
        # One process per CPU for all of them: py3compile would start Python twice for each package.
        # Some files are templates or test data and no valid Python; py3compile ignores them, too.
        chroot "$tree" sh -c '
            cd /usr/share
            set -- $(find . -name "*.py" -not -path "./doc/*" | cut -d/ -f2 | sort -u | sed s,^,/usr/share/,)
            python3 -m compileall -q -j 0 /usr/lib/python3 "$@"
        ' >/dev/null 2>&1 || true
    fi
fi

# The installed packages alone, for the next build: most changes of a recipe are to its files and its script.
if [ "$layer" = save ]; then
    echo "stackrig: keeping the installed packages for the next build"
    with_bare_tree tar -cf "$layer_file.part" -C "$bare" --numeric-owner --xattrs --xattrs-include='*' \
        --exclude='./var/cache/apt/archives/*.deb' --exclude='./etc/apt/apt.conf.d/*mmdebstrap' \
        --exclude=./usr/sbin/policy-rc.d .
    mv "$layer_file.part" "$layer_file"
fi

echo "stackrig: copying files"
# shellcheck disable=SC2016 -- expanded by the inner shell
in_tree sh -euc 'echo "$0" >/etc/hostname; rm -f /etc/resolv.conf' "$name"
for part in $parts; do
    [ -e "$here/files-$part.tar" ] || continue
    in_tree tar -C / -xf - --numeric-owner --keep-directory-symlink --no-overwrite-dir <"$here/files-$part.tar"
    refuse_links "$part"
done

# Own namespaces: no network but a loopback, and whatever a script leaves running ends with it.
for part in $parts; do
    [ -e "$here/customize-$part" ] || continue
    echo "stackrig: customizing ($part)"
    # shellcheck disable=SC2016 -- expanded by the inner shell
    unshare --mount --net --pid --ipc --uts --fork --kill-child sh -euc '
        tree=$1 name=$2 script=$3 here=$4
        mount -t proc proc "$tree/proc"
        [ -d "$tree/dev/shm" ] || mkdir "$tree/dev/shm"
        mount -t tmpfs -o mode=1777 tmpfs "$tree/dev/shm"
        mount -t tmpfs -o mode=755 tmpfs "$tree/run"
        mkdir -m 1777 "$tree/run/lock"
        cp "$script" "$tree/run/customize"
        chmod 755 "$tree/run/customize"
        # For an image of several parts that have the same file: what each of them brought.
        mkdir "$tree/run/files"
        for file in "$here"/files-*.tar; do
            [ ! -e "$file" ] || cp "$file" "$tree/run/files/${file##*/files-}"
        done
        mount -t tmpfs -o mode=1777 tmpfs "$tree/tmp"
        hostname "$name"
        ip link set lo up
        exec chroot "$tree" env -i PATH="$PATH" HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive /run/customize
    ' sh "$tree" "$name" "$here/customize-$part" "$here"
    refuse_links "$part"
done

echo "stackrig: cleaning up"
# What only the build needed; proxies and mirrors of the machine that built it are nobody's business.
in_tree sh -euc '
    rm -rf /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/lib/apt/lists/*
    rm -f /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/*mmdebstrap
    rm -f /etc/apt/preferences.d/*mmdebstrap
    rm -f /etc/dpkg/dpkg.cfg.d/*mmdebstrap /etc/dpkg/dpkg.cfg.d/90stackrig /usr/sbin/policy-rc.d
    rm -f /var/log/dpkg.log /var/log/apt/* /var/log/alternatives.log /var/log/bootstrap.log
'

# shellcheck disable=SC2016 -- expanded by dpkg-query
in_tree dpkg-query -W -f '${Package}=${Version}\n' >"$output/manifest"
kernel=$(in_tree find /boot -name 'vmlinuz-*' | sort -V | tail -n 1)
[ -n "$kernel" ] || { echo "no kernel was installed"; exit 1; }
version=${kernel##*/vmlinuz-}
in_tree cat "$kernel" >"$output/bzImage"
in_tree test -e "/boot/initrd.img-$version" || chroot "$tree" update-initramfs -c -k "$version"
in_tree cat "/boot/initrd.img-$version" >"$output/initrd"

echo "stackrig: making the file system"
# Inode tables are zeroed now: the kernel would do it in the background of every first boot.
with_bare_tree mke2fs -q -F -t ext4 -m 0 -L "$name" -E lazy_itable_init=0,lazy_journal_init=0 -d "$bare" \
    "$here/rootfs.ext4" "${disk}M"

echo "stackrig: converting the file system to qcow2"
qemu-img convert -O qcow2 "$here/rootfs.ext4" "$output/rootfs.qcow2"
rm "$here/rootfs.ext4"
