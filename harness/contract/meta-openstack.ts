/**
 * What all releases of meta-openstack have in common. The layer (MontaVista-OpenSourceTechnology/meta-cloud-services on
 * GitHub) has a branch for each release; the contracts cite file and branch, at the commits grizzly e16c40c1, havana
 * 32afa781, icehouse de48084e, juno 17c2a42e, kilo 26068d19, sumo 9aa6b5dc, thud a2ef130a and master 74403ddd.
 */
export const metaOpenstack = {
  region: 'RegionOne',
  /** meta-openstack/classes/identity.bbclass, the same on every branch. */
  credentials: { username: 'admin', password: 'password', project: 'admin', domain: 'Default' },
  /**
   * Up to branch sumo package scripts make the databases on the first boot, in /etc/rcS.d/S99run-postinsts
   * (identity.bbclass): before there is a login prompt, so that whoever can ask finds it over.
   */
  sysvFirstBoot: { service: 'run-postinsts', timeout: '60min' },
} as const
