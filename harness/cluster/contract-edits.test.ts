import { describe, expect, it } from 'vitest'
import { contracts, type Contract } from '../contract/index.js'
import { editText } from './edit-file.js'

// Files of the shape in which meta-openstack ships them, shortened to what is edited and its neighbours.
const nova2013 = `[DEFAULT]
dhcpbridge_flagfile = /etc/nova/nova.conf
dhcpbridge_flagfile = /etc/nova/nova.conf
my_ip = 127.0.0.1
#Database configuration
sql_connection = postgresql://admin:admin@localhost/nova
#RabbitMQ configuration
rabbit_host = 0.0.0.0
rabbit_port = 5672
`
const paste = `[filter:keystonecontext]
paste.filter_factory = nova.api.auth:NovaKeystoneContext.factory

[filter:authtoken]
paste.filter_factory = keystoneclient.middleware.auth_token:filter_factory
auth_host = 127.0.0.1
auth_port = 35357
`
const sources = 'source /etc/nova/openrc\n'
const tunnels = '[OVS]\nenable_tunneling = True\n[AGENT]\npolling_interval = 2\n'

const nova2014 = `[DEFAULT]
my_ip = 192.168.7.2
sql_connection = postgresql://admin:admin@192.168.7.2/nova
rabbit_host = 192.168.7.2\u0020
rabbit_port = 5672
[spice]
enabled=True
[keystone_authtoken]
`

const openrc = `export OS_TENANT_NAME=admin
export OS_AUTH_URL="http://controller:8081/keystone/main/v2.0/"
export SERVICE_ENDPOINT="http://controller:8081/keystone/admin/v2.0"

function get_field() {
`

const pike = `[DEFAULT]
#my_ip = <host_ipv4>
my_ip = 192.168.7.4
#transport_url = <None>
transport_url = rabbit://openstack:password@192.168.7.2
[api_database]
connection = postgresql+psycopg2://admin:admin@192.168.7.2/nova-api
[database]
connection = postgresql+psycopg2://admin:admin@192.168.7.2/nova
[glance]
#api_servers = <None>
api_servers = 192.168.7.2:9292
[keystone_authtoken]
auth_uri = http://192.168.7.2:5000
auth_url = http://192.168.7.2:35357
[placement]
auth_url = http://192.168.7.2:35357
[oslo_messaging_notifications]
#transport_url = <None>
`

/** The files of a node after its role's edits. */
function provisioned(
  contract: Contract,
  role: string,
  files: Record<string, string>,
): Record<string, string> {
  const after = { ...files }
  for (const edit of contract.roles[role]?.edits ?? []) {
    const value = edit.value
      .replaceAll('{controller}', 'controller')
      .replaceAll('{address}', '192.168.7.4')
      .replaceAll('{name}', 'compute')
    after[edit.file] = editText(after[edit.file] ?? '', edit, value)
  }
  return after
}

const compute = (name: string, files: Record<string, string>): Record<string, string> => {
  const contract = contracts[name]
  if (!contract) throw new Error(`no contract ${name}`)
  const once = provisioned(contract, 'compute', files)
  expect(provisioned(contract, 'compute', once)).toEqual(once)
  return once
}

describe('the edits of a compute node', () => {
  it('are the steps of the README of 2013', () => {
    const after = compute('meta-openstack-grizzly', {
      '/etc/nova/nova.conf': nova2013,
      '/etc/nova/api-paste.ini': paste,
      '/root/.bashrc': sources,
      '/etc/quantum/plugins/openvswitch/ovs_quantum_plugin.ini': tunnels,
    })
    expect(after['/etc/nova/nova.conf']).toBe(
      nova2013.replace('@localhost/', '@controller/').replace('= 0.0.0.0', '= controller'),
    )
    expect(after['/etc/nova/api-paste.ini']).toBe(
      paste.replace('auth_host = 127.0.0.1', 'auth_host = controller'),
    )
    // After the file that it reads, so that these count.
    expect(after['/root/.bashrc']).toBe(
      `${sources}export SERVICE_ENDPOINT=http://controller:35357/v2.0\nexport OS_AUTH_URL=http://controller:5000/v2.0/\n`,
    )
    expect(after['/etc/quantum/plugins/openvswitch/ovs_quantum_plugin.ini']).toContain(
      '[OVS]\nlocal_ip = 192.168.7.4\n',
    )
  })

  it('of Icehouse, where Keystone is named in nova.conf', () => {
    const after = compute('meta-openstack-havana', {
      '/etc/nova/nova.conf': `${nova2014}auth_host = 192.168.7.2\n`,
      '/etc/nova/api-paste.ini': '[filter:authtoken]\npaste.filter_factory = a:b\n',
      '/root/.bashrc': sources,
    })
    expect(after['/etc/nova/nova.conf']).toBe(
      nova2014.replace('@192.168.7.2', '@controller').replace('_host = 192.168.7.2 ', '_host = controller') +
        'auth_host = controller\n',
    )
    expect(after['/etc/nova/api-paste.ini']).toContain('[filter:authtoken]\nauth_host = controller\n')
  })

  it('of Juno: Keystone is behind Apache, and no key says 127.0.0.1 any more', () => {
    const neutron = '[neutron]\nadmin_auth_url=http://192.168.7.2:8081/keystone/main/v2.0\n'
    const after = compute('meta-openstack-juno', {
      '/etc/nova/nova.conf': `${nova2014}identity_uri=http://127.0.0.1:8081/keystone/admin\n${neutron}`,
      '/etc/nova/openrc': openrc,
      '/etc/neutron/plugins/ml2/ml2_conf.ini': '[ml2]\n[ovs]\nlocal_ip = 192.168.7.2\ntunnel_type = gre\n',
    })
    expect(after['/etc/nova/nova.conf']).toContain('identity_uri = http://controller:8081/keystone/admin\n')
    expect(after['/etc/nova/nova.conf']).toContain('my_ip = 192.168.7.4\n')
    expect(after['/etc/nova/nova.conf']).not.toMatch(/127\.0\.0\.1|192\.168\.7\.2/)
    expect(after['/etc/nova/openrc']).toBe(openrc.replaceAll('"', ''))
    expect(after['/etc/neutron/plugins/ml2/ml2_conf.ini']).toContain('[ovs]\nlocal_ip = 192.168.7.4\n')
  })

  it('of Pike: every key in its own section, and a shell that speaks v3', () => {
    const after = compute('meta-openstack-thud', { '/etc/nova/nova.conf': pike, '/etc/nova/openrc': openrc })
    expect(after['/etc/nova/nova.conf']).toBe(
      pike.replace('api_servers = 192', 'api_servers = http://192').replaceAll('192.168.7.2', 'controller'),
    )
    expect(after['/etc/nova/openrc']).toContain('export OS_AUTH_URL=http://controller:5000/v3\n')
    expect(after['/etc/nova/openrc']).toMatch(/OS_IDENTITY_API_VERSION=3\n/)
  })
})
