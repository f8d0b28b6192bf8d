import type { Contract } from './contract.js'
import { exported, ini } from './edits.js'
import { leastMemoryMiB, layer, sysv } from './meta-openstack.js'

const keystone = 'http://{controller}:8081/keystone'
const nova = '/etc/nova/nova.conf'
const metadata = '/etc/neutron/metadata_agent.ini'

/** The section is appended by python-neutron_git.bb, with the address of the node that the image was built for. */
const tunnels = ini('/etc/neutron/plugins/ml2/ml2_conf.ini', 'ovs', 'local_ip', '{address}')

/**
 * meta-openstack's branches juno, kilo and what follows up to sumo: OpenStack Juno, Kilo and Liberty under SysV init.
 * Identity v2.0 is behind Apache at :8081/keystone/main and :8081/keystone/admin (wsgi-keystone.conf).
 */
export const metaOpenstackJuno: Contract = {
  name: 'meta-openstack-juno',
  ...sysv,
  roles: {
    controller: {
      memoryMiB: leastMemoryMiB,
      services: [
        ...['postgresql', 'rabbitmq-server', 'apache2', 'keystone', 'glance-api', 'glance-registry'],
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
        // On every node this is the controller's (nova.conf); live migration and consoles go there then.
        ini(nova, 'DEFAULT', 'my_ip', '{address}'),
        // 127.0.0.1 on every node; what auth_host of api-paste.ini was before.
        ini(nova, 'keystone_authtoken', 'identity_uri', `${keystone}/admin`),
        ini(nova, 'neutron', 'admin_auth_url', `${keystone}/main/v2.0`),
        // root's .bashrc only reads this file, and root's home is /root or /home/root (python-nova_git.bb).
        exported('/etc/nova/openrc', 'SERVICE_ENDPOINT', `${keystone}/admin/v2.0`),
        exported('/etc/nova/openrc', 'OS_AUTH_URL', `${keystone}/main/v2.0/`),
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
        ini(metadata, 'DEFAULT', 'identity_uri', `${keystone}/main`),
        ini(metadata, 'DEFAULT', 'nova_metadata_ip', '{controller}'),
      ],
      restart: ['neutron-openvswitch-agent', 'neutron-metadata-agent'],
    },
  },
  cloud: {
    identityUrl: 'http://controller:8081/keystone/main/v2.0',
    // The catalogue has `:9292/v2` and `:8776/v1/TENANT` only (python-glance_git.bb, python-cinder_git.bb).
    apis: { identity: 'v2.0', image: 'v2', volume: 'v1' },
    // `runserver` on 8080 (horizon.init); Apache has the same pages on port 80.
    horizonUrl: 'http://controller:8080',
    region: layer.region,
    credentials: layer.credentials,
    ports: { identity: 8081, image: 9292, compute: 8774, network: 9696, volume: 8776, 'object-store': 8888 },
  },
}
