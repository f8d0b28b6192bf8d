import type { Contract } from './contract.js'
import { exported, ini } from './edits.js'
import { leastMemoryMiB, layer } from './meta-openstack.js'

const identity = 'http://{controller}:5000'
const identityAdmin = 'http://{controller}:35357'
const messages = 'rabbit://openstack:password@{controller}'
const database = 'postgresql+psycopg2://admin:admin@{controller}'
const nova = '/etc/nova/nova.conf'
const openrc = '/etc/nova/openrc'
const neutron = '/etc/neutron/neutron.conf'

/**
 * meta-openstack's branches thud, warrior and what follows up to master: OpenStack Pike under systemd, identity v3. The
 * layer calls it unfinished, and it shows. Only the Linux bridge, DHCP and metadata agents have units, and the first of
 * them is on the controller alone (python-neutron_git.bb): no agent plugs a compute node's instances in. The catalogue
 * has Placement at 8778 (nova-init), where nothing listens. Swift is installed, but not in the catalogue.
 */
export const metaOpenstackThud: Contract = {
  name: 'meta-openstack-thud',
  init: 'systemd',
  kernelWords: layer.kernelWords,
  logs: 'journalctl --boot --no-pager --lines=2000; tail -n 300 /var/log/*/*.log 2>/dev/null',
  roles: {
    controller: {
      memoryMiB: leastMemoryMiB,
      services: [
        ...['postgresql', 'rabbitmq-server', 'memcached', 'apache2', 'glance-api', 'glance-registry'],
        ...['nova-api', 'nova-conductor', 'nova-scheduler', 'nova-consoleauth', 'nova-novncproxy'],
        ...['neutron-server', 'neutron-linuxbridge-agent', 'neutron-dhcp-agent', 'neutron-metadata-agent'],
        ...['cinder-api', 'cinder-scheduler', 'cinder-volume'],
      ],
      edits: [],
      restart: [],
    },
    compute: {
      memoryMiB: leastMemoryMiB,
      services: ['libvirtd', 'nova-compute'],
      edits: [
        ini(nova, 'DEFAULT', 'my_ip', '{address}'),
        ini(nova, 'DEFAULT', 'transport_url', messages),
        ini(nova, 'database', 'connection', `${database}/nova`),
        ini(nova, 'api_database', 'connection', `${database}/nova-api`),
        ini(nova, 'keystone_authtoken', 'auth_uri', identity),
        ini(nova, 'keystone_authtoken', 'auth_url', identityAdmin),
        ini(nova, 'placement', 'auth_url', identityAdmin),
        ini(nova, 'glance', 'api_servers', 'http://{controller}:9292'),
        // As shipped it is that of sumo, for :8081 and v2.0; a compute node has no /etc/keystone/admin-openrc.
        exported(openrc, 'OS_AUTH_URL', `${identity}/v3`),
        exported(openrc, 'OS_IDENTITY_API_VERSION', '3'),
        exported(openrc, 'OS_PROJECT_NAME', 'admin'),
        exported(openrc, 'OS_PROJECT_DOMAIN_NAME', 'Default'),
        exported(openrc, 'OS_USER_DOMAIN_NAME', 'Default'),
      ],
      restart: ['nova-compute'],
    },
    network: {
      // Both units are disabled as built, and the script that enables them is on the controller: the restart starts them.
      services: ['neutron-dhcp-agent', 'neutron-metadata-agent'],
      edits: [
        ini(neutron, 'DEFAULT', 'transport_url', messages),
        ini(neutron, 'keystone_authtoken', 'auth_uri', identity),
        ini(neutron, 'keystone_authtoken', 'auth_url', identityAdmin),
        ini('/etc/neutron/metadata_agent.ini', 'DEFAULT', 'nova_metadata_host', '{controller}'),
      ],
      restart: ['neutron-dhcp-agent', 'neutron-metadata-agent'],
    },
  },
  // One of {postgresql,keystone,glance,nova,neutron,cinder}-init, which disable themselves: this one makes most.
  firstBoot: { service: 'nova-init', timeout: '60min' },
  cloud: {
    identityUrl: 'http://controller:5000/v3',
    apis: { identity: 'v3', image: 'v2', volume: 'v3' },
    horizonUrl: 'http://controller/horizon',
    region: layer.region,
    credentials: layer.credentials,
    ports: {
      ...{ identity: 5000, image: 9292, placement: 8778, compute: 8774, network: 9696 },
      ...{ volumev2: 8776, volumev3: 8776 },
    },
  },
}
