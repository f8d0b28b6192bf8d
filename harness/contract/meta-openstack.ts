/**
 * What all releases of meta-openstack have in common. The layer (MontaVista-OpenSourceTechnology/meta-cloud-services on
 * GitHub) has a branch for each release; the contracts cite file and branch, at the commits grizzly e16c40c1, havana
 * 32afa781, icehouse de48084e, juno 17c2a42e, kilo 26068d19, sumo 9aa6b5dc, thud a2ef130a and master 74403ddd.
 */
export const layer = {
  /** The layer's images call the first network card eth0, as the kernel does: runqemu's words, with the name. */
  kernelWords: 'ip={address}::{gateway}:{netmask}:{name}:eth0:off net.ifnames=0',
  region: 'RegionOne',
  /** meta-openstack/classes/identity.bbclass, the same on every branch. */
  credentials: { username: 'admin', password: 'password', project: 'admin', domain: 'Default' },
} as const

/**
 * The branches up to sumo. Package scripts make the databases on the first boot, in /etc/rcS.d/S99run-postinsts
 * (identity.bbclass): before there is a login prompt, so that whoever can ask finds it over.
 */
export const sysv = {
  init: 'sysv',
  kernelWords: layer.kernelWords,
  logs: 'tail -n 300 /var/log/messages /var/log/postinstall.log /var/log/*/*.log 2>/dev/null',
  firstBoot: { service: 'run-postinsts', timeout: '60min' },
} as const

/** MiB: the layer's README.setup starts controller and compute node with `-m 4096`; RabbitMQ ends with less than 2 GB free. */
export const leastMemoryMiB = 4096
