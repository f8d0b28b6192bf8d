import type { Contract } from './contract.js'
import { exported, ini } from './edits.js'
import { leastMemoryMiB, layer, sysv } from './meta-openstack.js'

const identity = 'http://{controller}:5000/v2.0/'
const nova = '/etc/nova/nova.conf'
const quantum = '/etc/quantum/quantum.conf'
const openVswitch = '/etc/quantum/plugins/openvswitch/ovs_quantum_plugin.ini'

const quantumEdits = [
  // The recipe appends this key to the file's end (python-quantum_2013.1.3.bb), where it stands in the last section.
  ini(quantum, 'DEFAULT', 'rabbit_host', '{controller}'),
  // Tunnelling is on and this key is missing: no agent starts its tunnels without it.
  ini(openVswitch, 'OVS', 'local_ip', '{address}'),
]

/**
 * meta-openstack's branch grizzly: OpenStack 2013.1 under SysV init, Quantum instead of Neutron, identity v2.0. No DHCP
 * and no metadata on the network node: only Quantum's Open vSwitch agent has an init script (python-quantum_2013.1.3.bb).
 */
export const metaOpenstackGrizzly: Contract = {
  name: 'meta-openstack-grizzly',
  ...sysv,
  roles: {
    controller: {
      memoryMiB: leastMemoryMiB,
      // One process for Nova (python-nova_2013.1.3.bb), nova-compute among them (nova 2013.1, bin/nova-all): the
      // controller is a compute host, too.
      services: [
        ...['postgresql', 'rabbitmq-server', 'keystone', 'glance-api', 'glance-registry'],
        ...['nova-all', 'nova-consoleauth', 'nova-novncproxy', 'quantum-server'],
        ...['cinder-api', 'cinder-scheduler', 'cinder-volume', 'horizon'],
      ],
      edits: [],
      restart: [],
    },
    compute: {
      memoryMiB: leastMemoryMiB,
      services: ['libvirtd', 'openvswitch-switch', 'quantum-openvswitch-agent', 'nova-compute'],
      edits: [
        // README.setup, "Compute node", at ec5aab41: these five. Commit 718ecf27 took the steps out, when the
        // controller's address began to be written into the images at build time.
        ini(nova, 'DEFAULT', 'sql_connection', 'postgresql://admin:admin@{controller}/nova'),
        ini(nova, 'DEFAULT', 'rabbit_host', '{controller}'),
        ini('/etc/nova/api-paste.ini', 'filter:authtoken', 'auth_host', '{controller}'),
        exported('/root/.bashrc', 'SERVICE_ENDPOINT', 'http://{controller}:35357/v2.0'),
        exported('/root/.bashrc', 'OS_AUTH_URL', identity),
        ...quantumEdits,
      ],
      restart: ['quantum-openvswitch-agent', 'nova-compute'],
    },
    network: {
      services: ['openvswitch-switch', 'quantum-openvswitch-agent'],
      edits: quantumEdits,
      restart: ['quantum-openvswitch-agent'],
    },
  },
  cloud: {
    identityUrl: 'http://controller:5000/v2.0',
    // The catalogue says `:9292/v2` (identity.sh), where Grizzly's v2 is young; the layer's README works with v1.
    apis: { identity: 'v2.0', image: 'v1', volume: 'v1' },
    horizonUrl: 'http://controller:8080',
    region: layer.region,
    credentials: layer.credentials,
    ports: { identity: 5000, image: 9292, compute: 8774, network: 9696, volume: 8776 },
  },
}
