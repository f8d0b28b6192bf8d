import type { Contract } from './contract.js'
import { exported, ini } from './edits.js'
import { leastMemoryMiB, layer, sysv } from './meta-openstack.js'

const identity = 'http://{controller}:5000/v2.0'
const nova = '/etc/nova/nova.conf'
const openVswitch = '/etc/neutron/plugins/openvswitch/ovs_neutron_plugin.ini'
const metadata = '/etc/neutron/metadata_agent.ini'

// The images say the controller's address on every node; README.networking_flat: "on compute nodes edit local_ip".
const tunnels = ini(openVswitch, 'OVS', 'local_ip', '{address}')

/**
 * meta-openstack's branches havana and icehouse: OpenStack 2013.2 and 2014.1 under SysV init, identity v2.0. Quantum is
 * Neutron from here on, and every service of Nova has its own init script (python-nova_git.bb, python-neutron_git.bb).
 */
export const metaOpenstackHavana: Contract = {
  name: 'meta-openstack-havana',
  ...sysv,
  roles: {
    controller: {
      memoryMiB: leastMemoryMiB,
      services: [
        ...['postgresql', 'rabbitmq-server', 'keystone', 'glance-api', 'glance-registry'],
        ...['nova-api', 'nova-conductor', 'nova-scheduler', 'nova-cert', 'nova-consoleauth'],
        ...['nova-novncproxy', 'neutron-server', 'cinder-api', 'cinder-scheduler', 'cinder-volume'],
        ...['swift', 'horizon'],
      ],
      edits: [],
      restart: [],
    },
    compute: {
      memoryMiB: leastMemoryMiB,
      services: ['libvirtd', 'openvswitch-switch', 'neutron-openvswitch-agent', 'nova-compute'],
      edits: [
        ini(nova, 'DEFAULT', 'sql_connection', 'postgresql://admin:admin@{controller}/nova'),
        ini(nova, 'DEFAULT', 'rabbit_host', '{controller}'),
        ini('/etc/nova/api-paste.ini', 'filter:authtoken', 'auth_host', '{controller}'),
        // Where Icehouse has what Havana has in api-paste.ini.
        ini(nova, 'keystone_authtoken', 'auth_host', '{controller}'),
        exported('/root/.bashrc', 'SERVICE_ENDPOINT', 'http://{controller}:35357/v2.0'),
        exported('/root/.bashrc', 'OS_AUTH_URL', `${identity}/`),
        tunnels,
      ],
      restart: ['neutron-openvswitch-agent', 'nova-compute'],
    },
    network: {
      services: [
        ...['openvswitch-switch', 'neutron-openvswitch-agent'],
        ...['neutron-dhcp-agent', 'neutron-l3-agent', 'neutron-metadata-agent'],
      ],
      edits: [
        tunnels,
        // The only file of the network node that still says localhost.
        ini(metadata, 'DEFAULT', 'auth_url', identity),
        ini(metadata, 'DEFAULT', 'nova_metadata_ip', '{controller}'),
      ],
      restart: ['neutron-openvswitch-agent', 'neutron-metadata-agent'],
    },
  },
  cloud: {
    identityUrl: 'http://controller:5000/v2.0',
    apis: { identity: 'v2.0', image: 'v1', volume: 'v1' },
    horizonUrl: 'http://controller:8080',
    region: layer.region,
    credentials: layer.credentials,
    ports: { identity: 5000, image: 9292, compute: 8774, network: 9696, volume: 8776, 'object-store': 8888 },
  },
}
