import type { Recipe } from './recipe.js'

/** The stem of the root file system's name, without its type. runqemu takes a file for one when it has `.rootfs.` in it. */
export const imageFileName = ({ name }: Recipe): string => `${name}-image-qemux86-64.rootfs`

/**
 * The values of an image's qemuboot.conf that do not depend on what its root file system is.
 * Complete, because runqemu takes every missing key from the environment.
 */
export function qemubootValues(recipe: Recipe): Record<string, string> {
  const name = imageFileName(recipe)
  return {
    machine: 'qemux86-64',
    deploy_dir_image: '.',
    image_name: name,
    image_link_name: name,
    kernel_imagetype: 'bzImage',
    serial_consoles: '115200;ttyS0',
    staging_bindir_native: '/usr/bin',
    // Needed by runqemu of Yocto whinlatter and before.
    staging_dir_native: '/usr',
    qb_system_name: 'qemu-system-x86_64',
    qb_machine: '-machine pc',
    qb_cpu: '-cpu max',
    qb_cpu_kvm: '-cpu host',
    qb_smp: `-smp ${recipe.cpus}`,
    qb_mem: `-m ${recipe.memory}`,
    qb_default_kernel: 'bzImage',
    qb_kernel_cmdline_append: ['console=ttyS0 net.ifnames=0', recipe.cmdline].filter(Boolean).join(' '),
    qb_network_device: '-device virtio-net-pci,netdev=net0,mac=@MAC@',
    qb_rng: '-object rng-random,filename=/dev/urandom,id=rng0 -device virtio-rng-pci,rng=rng0',
    qb_opt_append: '',
    qb_graphics: '',
  }
}
