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

# Runs a command that finds the tree in $tree/mnt. A bind mount shows it without what is mounted in it, as /sys, which may
# change while it is read; a tmpfs hides this folder.
with_bare_tree() {
    # shellcheck disable=SC2016 -- expanded by the inner shell
    unshare --mount sh -euc '
        mount --bind "$0" "$0/mnt"
        mount -t tmpfs -o mode=1777 tmpfs "$0/mnt/tmp"
        exec "$@"
    ' "$tree" "$@"
}

# mmdebstrap put a start-stop-daemon that does nothing in place of the real one; the image gets the real one back, and
# so do the recipes' scripts, which start databases with it. policy-rc.d still keeps packages from starting services.
if [ -e "$tree/sbin/start-stop-daemon.REAL" ]; then
    mv "$tree/sbin/start-stop-daemon.REAL" "$tree/sbin/start-stop-daemon"
fi

if [ "$layer" != unpack ]; then
    # Those that did nothing while packages were installed.
    for program in $postponed; do
        rm -f "$tree$program"
        chroot "$tree" dpkg-divert --quiet --local --rename --remove "$program"
    done
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
    with_bare_tree tar -cf "$layer_file.part" -C "$tree/mnt" --numeric-owner --xattrs --xattrs-include='*' \
        --exclude='./var/cache/apt/archives/*.deb' --exclude=./usr/sbin/policy-rc.d .
    mv "$layer_file.part" "$layer_file"
fi

echo "stackrig: copying files"
echo "$name" >"$tree/etc/hostname"
rm -f "$tree/etc/resolv.conf"
for part in $parts; do
    [ ! -e "$here/files-$part.tar" ] ||
        tar -C "$tree" -xf "$here/files-$part.tar" --numeric-owner --keep-directory-symlink --no-overwrite-dir
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
done

echo "stackrig: cleaning up"
# What only the build needed; proxies and mirrors of the machine that built it are nobody's business.
rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/cache/apt/*.bin "$tree"/var/lib/apt/lists/*
rm -f "$tree"/etc/apt/sources.list "$tree"/etc/apt/sources.list.d/* "$tree"/etc/apt/apt.conf.d/*mmdebstrap
rm -f "$tree"/etc/dpkg/dpkg.cfg.d/*mmdebstrap "$tree"/etc/dpkg/dpkg.cfg.d/90stackrig "$tree"/usr/sbin/policy-rc.d
rm -f "$tree"/var/log/dpkg.log "$tree"/var/log/apt/* "$tree"/var/log/alternatives.log "$tree"/var/log/bootstrap.log

dpkg-query --admindir="$tree/var/lib/dpkg" -W -f '${Package}=${Version}\n' >"$output/manifest"
kernel=$(find "$tree/boot" -name 'vmlinuz-*' | sort -V | tail -n 1)
[ -n "$kernel" ] || { echo "no kernel was installed"; exit 1; }
version=${kernel##*/vmlinuz-}
cp "$kernel" "$output/bzImage"
[ -e "$tree/boot/initrd.img-$version" ] || chroot "$tree" update-initramfs -c -k "$version"
cp "$tree/boot/initrd.img-$version" "$output/initrd"

echo "stackrig: making the file system"
# Inode tables are zeroed now: the kernel would do it in the background of every first boot.
with_bare_tree mke2fs -q -F -t ext4 -m 0 -L "$name" -E lazy_itable_init=0,lazy_journal_init=0 -d "$tree/mnt" \
    "$here/rootfs.ext4" "${disk}M"

echo "stackrig: converting the file system to qcow2"
qemu-img convert -O qcow2 "$here/rootfs.ext4" "$output/rootfs.qcow2"
rm "$here/rootfs.ext4"
