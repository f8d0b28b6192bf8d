/**
 * Defect: PostgreSQL's pg_hba.conf names the controller and one compute node, so any further node, or one behind NAT, is
 * refused. meta-openstack since d55da8ea (2013-10-02), "postgresql: enable global listening, and explicit IP
 * permissions".
 */
import { diagnose, expect, scenario, type RunningNode } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

/** What the server says to a start-up message (PostgreSQL, "Message Formats"): R asks for the password, E refuses. */
const knock = `import socket, struct
server = socket.create_connection(('controller', 5432))
names = b'user\\0admin\\0database\\0nova\\0\\0'
server.sendall(struct.pack('!II', len(names) + 8, 196608) + names)
print(server.recv(500))`
const ask = (node: RunningNode): Promise<string> => node.run`python3 -c ${knock}`

test('a node that pg_hba.conf does not name is refused, and the diagnosis says which', async ({
  cluster,
  controller,
  compute,
  network,
}) => {
  expect(await ask(network)).toMatch(/^b'R/)

  const settings = await controller.run`runuser -u postgres -- psql -Atc ${'show hba_file'}`
  const reload = (): Promise<string> =>
    controller.run`runuser -u postgres -- psql -qc ${'select pg_reload_conf()'}`
  const named = [controller, compute].map(({ plan }) => `host all all ${plan.address}/32 md5`)
  await controller.run`cp -p ${settings} /root/whole`
  await controller.run`sed -i ${`s|^host all all ${threeNode.network} md5$|${named.join('\\n')}|`} ${settings}`
  await reload()
  await expect.poll(() => ask(network), { timeout: 60_000 }).toMatch(/^b'E/)
  expect(await ask(compute)).toMatch(/^b'R/)

  const found = await diagnose(cluster)
  const refused = found.find(({ what }) =>
    what.includes('PostgreSQL refuses a host that its pg_hba.conf does not name'),
  )
  expect(refused?.proof.join('\n')).toContain(`"${network.plan.address}"`)
  expect(refused?.proof.join('\n')).not.toContain(compute.plan.address)
  expect(found[0]?.what).toMatch(/pg_hba\.conf on controller has /)

  await controller.run`cp -p /root/whole ${settings}`
  await reload()
  await expect.poll(() => ask(network), { timeout: 60_000 }).toMatch(/^b'R/)
  expect(await diagnose(cluster)).toEqual([])
})
