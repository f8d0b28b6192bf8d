/**
 * Causes as operators make them, each planted in a fork that was well, and something that users want and that fails of it: the
 * diagnosis must name the cause first.
 */
import { diagnose, expect, scenario } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'
import { boot, plantAndAsk, sql, upload, volume, type Planted } from './planted.js'

// What is planted stays.
const test = scenario(threeNode, { invariants: false })

/** Tried with every run: one of the files, one of the databases, one of the processes. */
const quick: Planted[] = [
  {
    cause: 'the store of images belongs to root',
    on: 'controller',
    plant: 'chown root:root /var/lib/glance/images && chmod 700 /var/lib/glance/images',
    act: upload,
    says: /^\/var\/lib\/glance\/images on controller belongs to root:root/,
  },
  {
    cause: 'the endpoint of images has a wrong port',
    on: 'controller',
    plant: `${sql('keystone', `update endpoint set url = replace(url, ':9292', ':9393')`)}systemctl restart memcached`,
    act: ({ cloud }) => cloud.glance.list(),
    says: /^the endpoint of "image \w+" is http:..controller:9393/,
  },
  {
    cause: 'the processes of Placement stand still',
    on: 'controller',
    plant: 'systemctl kill --signal=STOP placement-api',
    act: ({ cloud }) => cloud.placement.resourceProviders(),
    says: /^placement-api on controller stands still/,
  },
]

const slow: Planted[] = [
  {
    cause: 'the password of Nova for Neutron is wrong on compute',
    on: 'compute',
    plant: `sed -i '/^\\[neutron\\]/,/^\\[/ s/^password *=.*/password = wrong/' /etc/nova/nova.conf && systemctl restart nova-compute`,
    act: boot,
    says: /^\/etc\/nova\/nova\.conf on compute has "\[neutron\] password = /,
  },
  {
    cause: 'compute knows the controller by a wrong address',
    on: 'compute',
    plant: `sed -i 's/^192\\.168\\.7\\.2 /192.168.7.99 /' /etc/hosts && systemctl restart nova-compute --no-block`,
    act: (user) => boot(user, '90s'),
    says: /^(\/etc\/hosts on compute has "192\.168\.7\.99 |compute resolves controller to 192\.168\.7\.99)/,
  },
  {
    cause: 'the root file system of the controller is full',
    on: 'controller',
    plant: 'fallocate -l $(($(df -P -k / | tail -n 1 | tr -s " " | cut -d " " -f 4) - 8))k /var/tmp/core',
    act: upload,
    says: /^the file system \/ of controller is full: \/var\/tmp\/core takes/,
  },
  {
    cause: 'the keys of tokens belong to root',
    on: 'controller',
    plant:
      'chown -R root:root /etc/keystone/fernet-keys && chmod 700 /etc/keystone/fernet-keys && systemctl restart --no-block keystone',
    act: ({ cloud }) => cloud.keystone.users(),
    says: /^\/etc\/keystone\/fernet-keys(\/\d+)? on controller belongs to root:root/,
  },
  {
    cause: 'an operator has disabled nova-compute',
    on: 'controller',
    plant: sql('nova', `update services set disabled = true where "binary" = 'nova-compute'`),
    act: boot,
    says: /^the service of Nova of "nova-compute on compute" is disabled true/,
  },
  {
    cause: '/dev/kvm is none',
    on: 'compute',
    plant: 'rm /dev/kvm && mknod -m 666 /dev/kvm c 1 3',
    act: boot,
    says: /^\/dev\/kvm on compute is another device/,
  },
  {
    cause: 'the controller drops AMQP from compute',
    on: 'controller',
    plant: 'iptables -I INPUT -s 192.168.7.4 -p tcp --dport 5672 -j DROP',
    act: (user) => boot(user, '90s'),
    says: /^controller drops what comes by TCP from compute to port 5672 \(AMQP\)/,
  },
  {
    cause: 'the bridges of Open vSwitch are gone, and their agent is stopped',
    on: 'compute',
    plant: 'systemctl stop neutron-openvswitch-agent; ovs-vsctl del-br br-int; ovs-vsctl del-br br-tun',
    act: (user) => boot(user, '90s'),
    says: /^(Open vSwitch on compute has no (bridge|port) br-|neutron-openvswitch-agent on compute is stopped)/,
  },
  {
    cause: 'the account of Neutron has lost its role',
    on: 'controller',
    plant: `${sql('keystone', `delete from assignment where actor_id = (select user_id from local_user where name = 'neutron')`)}systemctl restart memcached`,
    act: ({ cloud }) => cloud.neutron.networks(),
    says: /^the role assignment is gone: neutron has \w+ on service/,
  },
  {
    cause: 'the volume group has another name',
    on: 'controller',
    plant: 'vgrename cinder-volumes cinder-old',
    act: volume,
    says: /^controller has no volume group cinder-volumes any more; there is cinder-old/,
  },
  {
    cause: 'nobody may have an instance',
    on: 'controller',
    plant: sql(
      'nova_api',
      `insert into quota_classes (class_name, resource, hard_limit) values ('default', 'instances', 0)`,
    ),
    act: boot,
    says: /quota of Nova .*default instances/,
  },
  {
    cause: 'nobody may log in to the databases any more',
    on: 'controller',
    plant: `${sql('postgres', 'alter role admin connection limit 0')}systemctl restart --no-block nova-api`,
    act: ({ cloud }) => cloud.nova.list(),
    says: /^the database role of "admin" is .*connections 0/,
  },
  {
    cause: 'the clock of compute is three hours behind',
    on: 'compute',
    plant: 'date -s "@$(($(date +%s) - 10800))"',
    act: boot,
    says: /^the clock of compute is 3 h.* behind/,
  },
  {
    cause: 'the password of RabbitMQ’s user was changed',
    on: 'controller',
    plant:
      'HOME=/var/lib/rabbitmq rabbitmqctl -q change_password openstack other && systemctl restart --no-block nova-conductor nova-scheduler',
    act: (user) => boot(user, '90s'),
    says: /^the message broker digest of "users and their permissions" is/,
  },
  {
    cause: 'compute looks names up nowhere',
    on: 'compute',
    plant: `sed -i 's/^hosts:.*/hosts: dns/' /etc/nsswitch.conf && systemctl restart --no-block nova-compute`,
    act: (user) => boot(user, '90s'),
    says: /^\/etc\/nsswitch\.conf on compute has "hosts: dns"/,
  },
  {
    cause: 'the agent of addresses is masked',
    on: 'network',
    plant: 'systemctl mask --now neutron-dhcp-agent',
    act: (user) => boot(user, '90s'),
    says: /^neutron-dhcp-agent on network is masked/,
  },
  {
    cause: 'the folder of instances cannot be written to',
    on: 'compute',
    plant: 'chown root:root /var/lib/nova/instances && chmod 755 /var/lib/nova/instances',
    act: boot,
    says: /^\/var\/lib\/nova\/instances on compute belongs to root:root/,
  },
  {
    cause: 'a table of Glance is locked',
    on: 'controller',
    plant: `cd / && (runuser -u postgres -- psql -qX glance <<'END' >/dev/null 2>&1 &
begin; lock table images in access exclusive mode; select pg_sleep(3600);
END
)
sleep 5`,
    act: ({ cloud }) => cloud.glance.list(),
    says: /holds a lock.*glance/,
  },
  {
    cause: 'the folder of the settings of the page is closed to others',
    on: 'controller',
    plant: 'chmod 700 /etc/openstack-dashboard && systemctl restart apache2',
    act: ({ nodes }) => nodes.network.run`curl -sSf -o /dev/null http://controller:8080/auth/login/`,
    says: /^\/etc\/openstack-dashboard on controller has the rights 700/,
  },
]

for (const planted of quick)
  test(planted.cause, { timeout: 900_000 }, async ({ cloud, cluster, guestDisk, nodes }) => {
    expect(await plantAndAsk(planted, { cloud, cluster, guestDisk, nodes })).toMatch(planted.says)
  })

for (const planted of slow)
  test(planted.cause, { tags: 'slow', timeout: 900_000 }, async ({ cloud, cluster, guestDisk, nodes }) => {
    expect(await plantAndAsk(planted, { cloud, cluster, guestDisk, nodes })).toMatch(planted.says)
  })

test('a healthy cloud has no finding, also when a scenario fails of its own arithmetic', async ({
  cluster,
}) => {
  expect(await diagnose(cluster)).toEqual([])
  expect(await diagnose(cluster, { failure: { message: 'expected 2 to be 3' } })).toEqual([])
})
