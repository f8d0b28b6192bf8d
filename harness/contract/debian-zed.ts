import type { Contract, FileEdit } from './contract.js'
import { exported, ini } from './edits.js'

const identity = 'http://{controller}:5000/v3'
const messages = 'rabbit://openstack:password@{controller}'
const nova = '/etc/nova/nova.conf'
const neutron = '/etc/neutron/neutron.conf'

/** The password of a service's account, in each section where that service says who it is. */
const servicePasswords = (file: string, ...sections: string[]): FileEdit[] =>
  sections.map((section) => ini(file, section, 'password', '{servicePassword}'))

/** What every node with Neutron agents must be told. */
const neutronEdits = [
  ini(neutron, 'DEFAULT', 'host', '{name}'),
  ini(neutron, 'DEFAULT', 'transport_url', messages),
  ini(neutron, 'keystone_authtoken', 'auth_url', identity),
  ini(neutron, 'keystone_authtoken', 'www_authenticate_uri', identity),
  ...servicePasswords(neutron, 'keystone_authtoken'),
  ini('/etc/neutron/plugins/ml2/openvswitch_agent.ini', 'ovs', 'local_ip', '{address}'),
]

const rootPassword = exported('/root/.bashrc', 'OS_PASSWORD', '{adminPassword}')
const rootCredentials = [exported('/root/.bashrc', 'OS_AUTH_URL', identity), rootPassword]

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
  symptoms: [
    {
      role: 'controller',
      // What was said before it last read the file is over.
      command: `awk '/received SIGHUP|ready to accept connections/ { line = "" } /no pg_hba.conf entry/ { line = $0 } END { if (line) print line }' /var/log/postgresql/*.log`,
      means: 'PostgreSQL refuses a host that its pg_hba.conf does not name.',
    },
    {
      role: 'controller',
      // An alarm may have been cleared, and does not outlive the broker.
      command: `awk '/resource limit alarm cleared|Starting RabbitMQ/ { line = "" } /resource limit alarm set/ { line = $0 } END { if (line) print line }' /var/log/rabbitmq/*.log`,
      means: 'RabbitMQ takes no messages: it believes to be short of memory or disk.',
    },
  ],
  roles: {
    controller: {
      services: [
        // Debian's `postgresql` and `openvswitch-switch` are /bin/true; these do the work.
        ...['postgresql@15-main', 'rabbitmq-server', 'memcached', 'keystone', 'placement-api', 'glance-api'],
        ...['nova-api', 'nova-conductor', 'nova-scheduler', 'nova-novncproxy', 'neutron-server'],
        ...['tgt', 'cinder-api', 'cinder-scheduler', 'cinder-volume'],
        ...['swift-account', 'swift-container', 'swift-object', 'swift-proxy', 'apache2'],
      ],
      edits: [
        ...servicePasswords(nova, 'keystone_authtoken', 'service_user', 'placement', 'neutron', 'cinder'),
        ...servicePasswords(neutron, 'keystone_authtoken', 'nova'),
        ...servicePasswords('/etc/glance/glance-api.conf', 'keystone_authtoken'),
        ...servicePasswords('/etc/placement/placement.conf', 'keystone_authtoken'),
        ...servicePasswords('/etc/cinder/cinder.conf', 'keystone_authtoken', 'nova', 'service_user'),
        ...servicePasswords('/etc/swift/proxy-server.conf', 'filter:authtoken'),
        rootPassword,
      ],
      restart: [
        ...['placement-api', 'glance-api', 'nova-api', 'nova-conductor', 'nova-scheduler', 'neutron-server'],
        ...['cinder-api', 'cinder-scheduler', 'cinder-volume', 'swift-proxy'],
      ],
    },
    compute: {
      services: ['libvirtd', 'ovsdb-server', 'ovs-vswitchd', 'neutron-openvswitch-agent', 'nova-compute'],
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
        ...servicePasswords(nova, 'keystone_authtoken', 'service_user', 'placement', 'neutron', 'cinder'),
        ini(nova, 'vnc', 'novncproxy_base_url', 'http://{controller}:6080/vnc_auto.html'),
        ...neutronEdits,
        ...rootCredentials,
      ],
      restart: ['neutron-openvswitch-agent', 'nova-compute'],
    },
    network: {
      services: [
        ...['ovsdb-server', 'ovs-vswitchd', 'neutron-openvswitch-agent'],
        ...['neutron-dhcp-agent', 'neutron-l3-agent', 'neutron-metadata-agent'],
      ],
      edits: [
        ...neutronEdits,
        ini('/etc/neutron/metadata_agent.ini', 'DEFAULT', 'nova_metadata_host', '{controller}'),
        ...rootCredentials,
      ],
      restart: [
        ...['neutron-openvswitch-agent', 'neutron-dhcp-agent'],
        ...['neutron-l3-agent', 'neutron-metadata-agent'],
      ],
    },
  },
  firstBoot: { service: 'stackrig-init-databases', timeout: '60min' },
  passwords: {
    admin: 'password',
    service: 'password',
    // While the node boots, Keystone may be a while yet.
    set: `curl -s -o /dev/null --retry 900 --retry-connrefused --retry-delay 2 http://localhost:5000/v3 && \
ADMIN_PASSWORD={adminPassword} SERVICE_PASSWORD={servicePassword} /etc/keystone/identity.sh`,
  },
  cloud: {
    identityUrl: 'http://controller:5000/v3',
    apis: { identity: 'v3', image: 'v2', volume: 'v3' },
    warmUp: true,
    horizonUrl: 'http://controller:8080',
    region: 'RegionOne',
    credentials: { username: 'admin', project: 'admin', domain: 'Default' },
    ports: {
      ...{ identity: 5000, image: 9292, placement: 8778, compute: 8774, network: 9696 },
      ...{ volumev3: 8776, 'object-store': 8888 },
    },
  },
}
