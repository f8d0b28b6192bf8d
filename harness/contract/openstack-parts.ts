import type { Part, Purpose } from './contract.js'

const part = (services: readonly string[], rest: Omit<Part, 'services'>): Part => ({ services, ...rest })
const folders = (...names: string[]): string[] =>
  names.flatMap((name) => [`/etc/${name}`, `/var/lib/${name}`, `/var/log/${name}`, `/run/${name}`])

/** Parts that every OpenStack has, by what they do; their services under all names that releases have given them. */
export const openstackParts = {
  database: part(['postgresql', 'mysql', 'mariadb'], {
    user: 'postgres',
    facts:
      /^(database|membership of a database|server setting|connections to the database|(waits for|holds) a lock|table|trigger|constraint|columns|schema)\b/
        .source,
    paths: [...folders('postgresql'), '/usr/lib/postgresql'],
    ports: [5432],
  }),
  messages: part(['rabbitmq-server'], {
    user: 'rabbitmq',
    facts: /^message /.source,
    paths: folders('rabbitmq'),
    ports: [5672],
  }),
  cache: part(['memcached'], { user: 'memcache', paths: ['/etc/memcached.conf'], ports: [11211] }),
  identity: part(['keystone'], {
    user: 'keystone',
    facts:
      /^((endpoint|identity service) identity|(user of Keystone|role assignment ?) (admin|keystone)\b|project|limit of Keystone|\S+ keystone\b)/
        .source,
    paths: folders('keystone'),
    ports: [5000],
    needs: ['database', 'cache'],
  }),
  placement: part(['placement-api'], {
    user: 'placement',
    facts:
      /^((endpoint|identity service) placement|(user of Keystone|role assignment ?) placement\b|inventory|trait|\S+ placement\b)/
        .source,
    paths: folders('placement'),
    ports: [8778],
    needs: ['database', 'identity'],
  }),
  image: part(['glance-api', 'glance-registry'], {
    user: 'glance',
    facts:
      /^((endpoint|identity service) image|(user of Keystone|role assignment ?) glance\b|image |\S+ glance\b)/
        .source,
    paths: folders('glance'),
    ports: [9292],
    needs: ['database', 'identity'],
  }),
  'compute API': part(['nova-api', 'nova-all'], {
    user: 'nova',
    facts:
      /^((endpoint|identity service) compute|(user of Keystone|role assignment ?) nova\b|flavor|(default )?quota of Nova|cell|aggregate|\S+ nova(_api|_cell0)?\b)/
        .source,
    paths: folders('nova'),
    ports: [8774],
    needs: ['database', 'messages', 'identity'],
  }),
  scheduler: part(['nova-scheduler'], {
    user: 'nova',
    facts: /^(service of Nova nova-scheduler|inventory|trait|host in a cell|aggregate)/.source,
    paths: folders('nova'),
    needs: ['database', 'messages', 'placement'],
  }),
  conductor: part(['nova-conductor'], {
    user: 'nova',
    facts: /^(service of Nova nova-conductor|cell)/.source,
    paths: folders('nova'),
    needs: ['database', 'messages'],
  }),
  libvirt: part(['libvirtd', 'virtlogd', 'virtqemud'], {
    user: 'root',
    paths: [
      ...folders('libvirt'),
      '/dev/kvm',
      '/usr/bin/qemu',
      '/usr/bin/kvm',
      '/dev/vhost-net',
      '/dev/net/tun',
    ],
  }),
  hypervisor: part(['nova-compute'], {
    user: 'nova',
    facts: /^(service of Nova nova-compute|compute node|host in a cell|inventory|trait)/.source,
    paths: folders('nova'),
    needs: [
      'messages',
      'identity',
      'placement',
      'image',
      'network API',
      'conductor',
      'libvirt',
      'switch agent',
    ],
  }),
  'network API': part(['neutron-server', 'quantum-server'], {
    user: 'neutron',
    facts:
      /^((endpoint|identity service) network|(user of Keystone|role assignment ?) neutron\b|quota of Neutron|network|subnet|\S+ neutron\b)/
        .source,
    paths: folders('neutron', 'quantum'),
    ports: [9696],
    needs: ['database', 'messages', 'identity'],
  }),
  switch: part(['openvswitch-switch', 'ovs-vswitchd', 'ovsdb-server', 'openvswitch-bridges'], {
    user: 'root',
    paths: folders('openvswitch'),
  }),
  'switch agent': part(
    ['neutron-openvswitch-agent', 'quantum-openvswitch-agent', 'neutron-linuxbridge-agent'],
    {
      user: 'neutron',
      facts: /^agent of Neutron \S*(openvswitch|linuxbridge)/.source,
      paths: folders('neutron', 'quantum'),
      needs: ['messages', 'switch'],
    },
  ),
  'address agent': part(['neutron-dhcp-agent'], {
    user: 'neutron',
    facts: /^(agent of Neutron \S*dhcp|subnet )/.source,
    paths: [...folders('neutron'), '/usr/sbin/dnsmasq', '/etc/dnsmasq'],
    needs: ['messages', 'switch agent'],
  }),
  'router agent': part(['neutron-l3-agent'], {
    user: 'neutron',
    facts: /^agent of Neutron \S*l3/.source,
    paths: folders('neutron'),
    needs: ['messages', 'switch agent'],
  }),
  'metadata agent': part(['neutron-metadata-agent'], {
    user: 'neutron',
    facts: /^agent of Neutron \S*metadata/.source,
    paths: folders('neutron'),
    needs: ['messages', 'compute API'],
  }),
  'volume API': part(['cinder-api', 'cinder-scheduler'], {
    user: 'cinder',
    facts:
      /^((endpoint|identity service) (volume|block)|(user of Keystone|role assignment ?) cinder\b|(default )?quota of Cinder|volume type|service of Cinder cinder-scheduler|\S+ cinder\b)/
        .source,
    paths: folders('cinder'),
    ports: [8776],
    needs: ['database', 'messages', 'identity'],
  }),
  'volume store': part(['cinder-volume', 'tgt', 'cinder-volume-group'], {
    user: 'cinder',
    facts: /^service of Cinder cinder-volume/.source,
    paths: [...folders('cinder', 'tgt', 'lvm', 'iscsi'), '/dev/mapper', '/dev/loop'],
    ports: [3260],
    needs: ['database', 'messages'],
  }),
  objects: part(['swift-proxy', 'swift-account', 'swift-container', 'swift-object', 'swift'], {
    user: 'swift',
    facts: /^((endpoint|identity service) object-store|(user of Keystone|role assignment ?) swift\b)/.source,
    paths: [...folders('swift'), '/srv/node', '/var/cache/swift'],
    ports: [8888],
    needs: ['identity'],
  }),
  dashboard: part(['apache2', 'horizon'], {
    user: 'www-data',
    paths: [...folders('apache2', 'openstack-dashboard'), '/usr/share/openstack-dashboard'],
    ports: [8080],
    needs: ['identity', 'cache', 'compute API', 'image', 'network API'],
  }),
} as const satisfies Record<string, Part>

const instance = [
  'compute API',
  'scheduler',
  'conductor',
  'hypervisor',
  'placement',
  'network API',
  'image',
] as const

/** What users want of a cloud; the first whose words an error has is what it is about, and all that have some are looked at. */
export const openstackPurposes: Readonly<Record<string, Purpose>> = {
  address: {
    needs: [...instance, 'address agent', 'switch agent'],
    words:
      /\b(dhcp|lease|address(es)? (agent|of|for)|no address|ping|instance: ready|console of server|10\.\d+\.\d+\.\d+)/
        .source,
  },
  route: {
    needs: [...instance, 'address agent', 'router agent'],
    words: /\b(floating|router|external network|gateway)/.source,
  },
  metadata: {
    needs: [...instance, 'address agent', 'metadata agent'],
    words: /metadata|169\.254|user.?data/.source,
  },
  instance: {
    needs: instance,
    words: /\b(server|instance|hypervisor|flavor|no valid host|compute|nova|virsh|domain|kvm|libvirt|:8774)\b/
      .source,
  },
  image: { needs: ['image'], words: /\b(image|glance)\b|:9292/.source },
  volume: { needs: ['volume API', 'volume store'], words: /\b(volume|cinder|iscsi)\b|:8776/.source },
  object: { needs: ['objects'], words: /\b(object|container|swift)\b|:8888/.source },
  network: {
    needs: ['network API', 'switch agent'],
    words: /\b(network|subnet|port|neutron|agent)\b|:9696/.source,
  },
  page: { needs: ['dashboard'], words: /horizon|dashboard|page\.|locator|chromium/.source },
  token: {
    needs: ['identity'],
    words: /\b(token|keystone|identity|unauthorized|401|password)\b|:5000/.source,
  },
  placement: { needs: ['placement'], words: /\bplacement\b|:8778/.source },
}
