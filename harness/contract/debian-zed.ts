import type { Contract, FileEdit } from './contract.js'

const ini = (file: string, section: string, key: string, value: string): FileEdit => ({
  file,
  format: 'ini',
  section,
  key,
  value,
})

const identity = 'http://{controller}:5000/v3'
const messages = 'rabbit://openstack:password@{controller}'
const nova = '/etc/nova/nova.conf'
const neutron = '/etc/neutron/neutron.conf'

/** What every node with Neutron agents must be told. */
const neutronEdits = [
  ini(neutron, 'DEFAULT', 'host', '{name}'),
  ini(neutron, 'DEFAULT', 'transport_url', messages),
  ini(neutron, 'keystone_authtoken', 'auth_url', identity),
  ini(neutron, 'keystone_authtoken', 'www_authenticate_uri', identity),
  ini('/etc/neutron/plugins/ml2/openvswitch_agent.ini', 'ovs', 'local_ip', '{address}'),
]

const rootShell: FileEdit = { file: '/root/.bashrc', format: 'exports', key: 'OS_AUTH_URL', value: identity }

/**
 * Debian 12's OpenStack (Zed) on PostgreSQL and RabbitMQ under systemd, with the addresses, names and passwords of
 * meta-openstack. Compute and network images point at `localhost` until they are provisioned, as that layer ships them.
 */
export const debianZed: Contract = {
  name: 'debian-zed',
  init: 'systemd',
  // On a busy host a node stands still for a while, which is no stall worth a page of trace on its console.
  kernelWords: 'ip={address}::{gateway}:{netmask}:{name}:eth0:off rcupdate.rcu_cpu_stall_suppress=1',
  logs: 'journalctl --boot --no-pager --lines=2000; tail -n 300 /var/log/*/*.log 2>/dev/null',
  roles: {
    controller: {
      services: [
        ...['postgresql', 'rabbitmq-server', 'memcached', 'keystone', 'placement-api', 'glance-api'],
        ...['nova-api', 'nova-conductor', 'nova-scheduler', 'nova-novncproxy', 'neutron-server'],
        ...['tgt', 'cinder-api', 'cinder-scheduler', 'cinder-volume'],
        ...['swift-account', 'swift-container', 'swift-object', 'swift-proxy', 'apache2'],
      ],
      edits: [],
      restart: [],
    },
    compute: {
      services: ['libvirtd', 'openvswitch-switch', 'neutron-openvswitch-agent', 'nova-compute'],
      edits: [
        ini(nova, 'DEFAULT', 'host', '{name}'),
        ini(nova, 'DEFAULT', 'my_ip', '{address}'),
        ini(nova, 'DEFAULT', 'transport_url', messages),
        // Zed's nova-compute has no use for the database; the key is kept because the layer's contract names it.
        ini(nova, 'database', 'connection', 'postgresql+psycopg2://admin:admin@{controller}/nova'),
        ini(nova, 'keystone_authtoken', 'auth_url', identity),
        ini(nova, 'keystone_authtoken', 'www_authenticate_uri', identity),
        ini(nova, 'service_user', 'auth_url', identity),
        ini(nova, 'placement', 'auth_url', identity),
        ini(nova, 'neutron', 'auth_url', identity),
        ini(nova, 'cinder', 'auth_url', identity),
        ini(nova, 'glance', 'api_servers', 'http://{controller}:9292'),
        ini(nova, 'vnc', 'novncproxy_base_url', 'http://{controller}:6080/vnc_auto.html'),
        ...neutronEdits,
        rootShell,
      ],
      restart: ['neutron-openvswitch-agent', 'nova-compute'],
    },
    network: {
      services: [
        ...['openvswitch-switch', 'neutron-openvswitch-agent'],
        ...['neutron-dhcp-agent', 'neutron-l3-agent', 'neutron-metadata-agent'],
      ],
      edits: [
        ...neutronEdits,
        ini('/etc/neutron/metadata_agent.ini', 'DEFAULT', 'nova_metadata_host', '{controller}'),
        rootShell,
      ],
      restart: [
        ...['neutron-openvswitch-agent', 'neutron-dhcp-agent'],
        ...['neutron-l3-agent', 'neutron-metadata-agent'],
      ],
    },
  },
  firstBoot: { service: 'stackrig-init-databases', deadline: '60min' },
  cloud: {
    identityUrl: 'http://controller:5000/v3',
    apis: { identity: 'v3', image: 'v2', volume: 'v3' },
    horizonUrl: 'http://controller:8080',
    region: 'RegionOne',
    credentials: { username: 'admin', password: 'password', project: 'admin', domain: 'Default' },
    ports: {
      ...{ identity: 5000, image: 9292, placement: 8778, compute: 8774, network: 9696 },
      ...{ volumev3: 8776, 'object-store': 8888 },
    },
  },
}
