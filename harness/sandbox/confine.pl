#!/usr/bin/perl
# Lets a program of a sandbox see no more of this machine than its view, and takes what it could undo that with.
# Mounts what it is told below ROOT, makes that the root of a mount namespace of its own, lets the old one go, and becomes the
# program: pivot_root(2), mount_namespaces(7), capabilities(7).
#
# Perl, which every Debian has: it makes these calls in one process. mount(8), pivot_root(8) and setpriv(1) would be six more,
# for each machine of each fork.
# Usage: confine.pl ROOT FOLDER DESCRIPTORS none|all COUNT (KIND FLAGS FROM AT)... PROGRAM [ARGUMENT]...
#   FOLDER: where the program works. DESCRIPTORS: those that it shall not have, with commas. none|all: the capabilities that it keeps.
#   KIND: bind, rbind, tmpfs, or remount. FLAGS: those of mount(2), which a bind mount gets when it is there.
use strict;
use warnings;
use Config;

# Elsewhere the numbers below are those of other calls.
$Config{archname} =~ /^x86_64/ or die "confine.pl knows the calls of x86-64 only; this perl is of $Config{archname}\n";

# Linux on x86-64: asm/unistd_64.h, sched.h, linux/mount.h, linux/prctl.h, linux/capability.h.
my %number = (
    close => 3, umount2 => 166, mount => 165, pivot_root => 155, prctl => 157, capset => 126, unshare => 272,
);
my ($new_mounts, $read_only, $remount, $bind, $recursive, $private, $detach) = (0x20000, 1, 32, 4096, 16384, 1 << 18, 2);
my ($drop_from_bounding_set, $no_new_privileges, $capability_version) = (24, 38, 0x20080522);

sub call {
    my ($name, @arguments) = @_;
    return if syscall($number{$name}, @arguments) == 0;
    my $what = join ' ', grep { $_ ne '0' } @arguments;
    die "$name $what: $!\n";
}

my ($root, $folder, $descriptors, $capabilities, $count, @rest) = @ARGV;
my @mounts = splice @rest, 0, 4 * $count;

call('unshare', $new_mounts);
call('mount', 'none', '/', 0, $recursive | $private, 0);
# Only a mount can become a root.
call('mount', $root, $root, 0, $bind, 0);
while (my ($kind, $flags, $from, $at) = splice @mounts, 0, 4) {
    my $place = $root . $at;
    my $again = $remount | $bind | $flags;
    call('mount', $from, $place, 0, $bind | ($kind eq 'rbind' ? $recursive : 0), 0) if $kind =~ /bind/;
    call('mount', 'none', $place, 0, $again, 0) if $kind eq 'remount' || $kind =~ /bind/ && $flags != 0;
    call('mount', $from, $place, 'tmpfs', 0 + $flags, 'size=1M') if $kind eq 'tmpfs';
}
call('mount', 'none', $root, 0, $remount | $bind | $read_only, 0);
# The old root then lies on the new one, at the same place.
chdir $root or die "chdir $root: $!\n";
call('pivot_root', '.', '.');
call('umount2', '.', $detach);
chdir $folder or die "chdir $folder: $!\n";

# A folder that is held open would lead back.
syscall($number{close}, 0 + $_) for split /,/, $descriptors;
if ($capabilities eq 'none') {
    # Root gets back with each program what is in this set.
    for (my $capability = 0; syscall($number{prctl}, $drop_from_bounding_set, $capability, 0, 0, 0) == 0;) {
        $capability++;
    }
    call('capset', my $header = pack('LL', $capability_version, 0), my $nothing = pack('L6', (0) x 6));
}
call('prctl', $no_new_privileges, 1, 0, 0, 0);
exec { $rest[0] } @rest or die "$rest[0]: $!\n";
