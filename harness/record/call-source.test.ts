// Calls as Zed's services answered them, shortened by hand.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageFolder } from '../paths.js'
import { actsOf } from './acts.js'
import { formatted } from './format.js'
import type { Note } from './note.js'
import { scenarioSource } from './scenario-source.js'
import { objections } from './testing/lawful.js'
import { call, did, onThreeNode, program, says, status } from './testing/notes.js'

const written: string[] = []

async function scenarioOf(...notes: Note[]): Promise<string> {
  const file = join(packageFolder, 'scenarios', 'x.scenario.ts')
  const text = await formatted(scenarioSource(actsOf(notes), onThreeNode), file)
  written.push(text)
  return text
}

const image = '3f2504e0-4f89-11d3-9a0c-0305e82c3301'
const network = '7d444840-9dc0-11d1-b245-5ffdce74fad2'
const server = 'e902893a-9d22-3c7e-a7b8-d6e313b71d9f'
const volume = '0c9f0f3a-1f5d-4c83-9f3e-2f0f5b0c7d11'
const project = '9f8b3c2d1e0f4a5b8c7d6e5f4a3b2c1d'
const nova = 'http://controller:8774/v2.1'
const cinder = `http://controller:8776/v3/${project}`
const token = call('POST', 'http://controller:5000/v3/auth/tokens', { status: 201 })

const lookups = [
  token,
  call('GET', 'http://controller:9292/v2/images?name=guest', {
    answer: { images: [{ id: image, name: 'guest' }] },
  }),
  call('GET', `${nova}/flavors/detail`, { answer: { flavors: [{ id: '1', name: 'm1.nano' }] } }),
  call('GET', 'http://controller:9696/v2.0/networks?name=tenant', {
    answer: { networks: [{ id: network, name: 'tenant' }] },
  }),
]

const booted = call('POST', `${nova}/servers`, {
  status: 202,
  version: 'compute 2.1',
  json: {
    server: {
      ...{ name: 'web', imageRef: image, flavorRef: '1', min_count: 1, max_count: 1 },
      networks: [{ uuid: network }],
    },
  },
  answer: { server: { id: server, links: [] } },
})

const shown = (state: string) =>
  call('GET', `${nova}/servers/${server}`, { answer: { server: { id: server, name: 'web', status: state } } })

test('a server that a client booted is booted by the harness, and what it became is waited for', async () => {
  const text = await scenarioOf(
    ...lookups,
    booted,
    program('openstack server create --image guest --flavor m1.nano --network tenant web'),
    ...[token, shown('BUILD')],
    program('openstack server show web', { output: '| status | BUILD |' }),
    ...[token, shown('ACTIVE')],
    program('openstack server show web', { output: '| status | ACTIVE |', pause: 60_000 }),
  )
  expect(text).toContain(
    "cloud.nova.boot({ name: 'web', image: 'guest', flavor: 'm1.nano', network: 'tenant' })",
  )
  expect(text).toContain("expect(web).toBecome('ACTIVE', { timeout: '15min' })")
  expect(text).not.toMatch(/BUILD|[0-9a-f]{8}-/)
})

test('what was said to be wanted is asserted, of the thing whose state it is', async () => {
  const created = [...lookups, booted, program('openstack server create web')]
  const list = call('GET', `${nova}/servers/detail`, {
    answer: { servers: [{ id: server, name: 'web', status: 'ERROR' }] },
  })
  const seen = program('openstack server list', { output: '| web | ERROR |' })
  expect(await scenarioOf(...created, list, seen, says('ERROR'))).toContain("expect(web).toBecome('ERROR'")
  expect(await scenarioOf(...created, list, seen, says('ACTIVE'))).toContain(
    "waitFor(apiAnswer(cloud, 'compute', '/servers/detail', /ACTIVE/), { timeout: '1min' })",
  )
  // As a service has it that is asked with curl.
  expect(await scenarioOf(...created, list, seen, says('"status": "ERROR"'))).toContain(
    String.raw`waitFor(apiAnswer(cloud, 'compute', '/servers/detail', /"status":\s*"ERROR"/), {`,
  )
  expect(await scenarioOf(...created, list, seen, says('ACTIVE', true))).toContain(
    "expect((await cloud.request('compute', 'GET', '/servers/detail')).text).not.toContain('ACTIVE')",
  )
})

test('a thing that was there before is asked for, and waited for', async () => {
  const looks = [
    lookups[3] ?? token,
    call('GET', `http://controller:9696/v2.0/networks/${network}`, {
      answer: { network: { id: network, name: 'tenant', status: 'ACTIVE' } },
    }),
  ]
  const text = await scenarioOf(
    ...looks,
    program('openstack network show tenant', { output: 'ACTIVE' }),
    says('ACTIVE'),
  )
  expect(text).toContain("expect(await cloud.neutron.network(networkId)).toBecome('ACTIVE'")
})

test('what no client has a method for is a request, and identifiers of that cloud are found again', async () => {
  const router = 'b9d1a3c4-5a0e-4f6f-8e56-3a2a1c8f7a60'
  const text = await scenarioOf(
    lookups[3] ?? token,
    call('POST', 'http://controller:9696/v2.0/routers', {
      status: 201,
      json: { router: { name: 'edge', external_gateway_info: { network_id: network } } },
      answer: { router: { id: router, name: 'edge', status: 'ACTIVE' } },
    }),
    program('openstack router create --external-gateway tenant edge'),
    call('PUT', `http://controller:9696/v2.0/routers/${router}`, {
      json: { router: { admin_state_up: false } },
      answer: { router: { id: router, name: 'edge', status: 'ACTIVE' } },
    }),
    program('openstack router set --disable edge'),
    call('PUT', `${nova}/os-services/1`, { version: 'compute 2.53', json: { status: 'disabled' } }),
    program('openstack compute service set --disable compute nova-compute'),
  )
  expect(text).toContain("const networkId = await cloud.idOf('network', '/networks', 'tenant')")
  expect(text).toContain(
    "json: { router: { name: 'edge', external_gateway_info: { network_id: networkId } } },",
  )
  expect(text).toContain(".at('router', 'id')")
  expect(text).toContain(
    "cloud.request('network', 'PUT', `/routers/${edge}`, { json: { router: { admin_state_up: false } } })",
  )
  expect(text).toContain("headers: { 'openstack-api-version': 'compute 2.53' }")
  expect(text).not.toMatch(/[0-9a-f]{8}-/)
})

test('volumes and images: the project in an address, data that were uploaded, deletion', async () => {
  const text = await scenarioOf(
    call('POST', 'http://controller:9292/v2/images', {
      status: 201,
      json: { name: 'mine', disk_format: 'qcow2', container_format: 'bare' },
      answer: { id: image, name: 'mine', status: 'queued' },
    }),
    call('PUT', `http://controller:9292/v2/images/${image}/file`, { status: 204, size: 1000 }),
    program('openstack image create --file disk mine'),
    call('POST', `${cinder}/volumes`, {
      status: 202,
      json: {
        volume: {
          name: 'data',
          size: 1,
          description: null,
          metadata: {},
          multiattach: false,
          imageRef: image,
        },
      },
      answer: { volume: { id: volume, name: 'data', status: 'creating' } },
    }),
    program('openstack volume create --size 1 --image mine data'),
    call('GET', `${cinder}/volumes/${volume}`, {
      answer: { volume: { id: volume, name: 'data', status: 'available' } },
    }),
    program('openstack volume show data', { pause: 10_000 }),
    call('DELETE', `${cinder}/volumes/${volume}`, { status: 202 }),
    program('openstack volume delete data'),
  )
  expect(text).toContain("cloud.glance.upload({ name: 'mine', file: guestDisk })")
  expect(text).toContain("cloud.cinder.createVolume({ name: 'data', size: 1, image: { id: mine.id } })")
  expect(text).toContain("expect(data).toBecome('available'")
  expect(text).toContain('cloud.cinder.deleteVolume(data.id)')
})

test('a refusal that was the last thing seen fails the scenario; one that is right, or was on the way, does not', async () => {
  const refused = call('POST', 'http://controller:9696/v2.0/networks', {
    status: 409,
    json: { network: { name: 'x' } },
    answer: { NeutronError: { message: 'Quota exceeded' } },
  })
  const failed = program('openstack network create x', { exitCode: 1, output: 'ConflictException: 409' })
  expect(await scenarioOf(refused, failed)).toContain(
    "await step('openstack network create x', () =>\n    cloud.request('network', 'POST', '/networks', { json: { network: { name: 'x' } } }),",
  )
  const right = "rejects.toMatchObject({ code: 'API_FAILED', status: 409 })"
  expect(await scenarioOf(refused, failed, status(1))).toContain(right)
  expect(await scenarioOf(refused, failed, program('openstack quota show'))).toContain(right)
})

test('what a change was answered is asserted, where it was expected', async () => {
  const group = '5b3a2c1d-7d44-4f6f-9dc0-5ffdce74fad2'
  const url = 'http://controller:9696/v2.0/security-group-rules'
  const json = { security_group_rule: { remote_ip_prefix: '192.168.1.1' } }
  const made = call('POST', url, {
    ...{ status: 201, json },
    answer: { security_group_rule: { id: group, remote_ip_prefix: '192.168.1.1/32' } },
  })
  const text = await scenarioOf(
    made,
    program('openstack … rule create', { output: '192.168.1.1/32' }),
    says('192.168.1.1/32'),
  )
  expect(text).toMatch(/const answer = await cloud\.request\('network', 'POST', '\/security-group-rules'/)
  expect(text).toContain(String.raw`expect(answer.text).toMatch(/192\.168\.1\.1\/32/)`)
  expect(text).not.toContain('.at(')
  const refused = call('POST', url, {
    ...{ status: 400, json },
    answer: { NeutronError: { type: 'X', message: 'Invalid CIDR nowhere', detail: '' } },
  })
  const failed = program('openstack … rule create', { exitCode: 1, output: 'Invalid CIDR nowhere' })
  expect(await scenarioOf(refused, failed, says('nowhere'), status(1))).toContain(
    "said: expect.stringContaining('nowhere') as string",
  )
})

test('a look that was refused is refused again, with what was said to it, in the version that was asked for', async () => {
  const look = call('GET', `${nova}/servers/detail?status=EROR`, {
    ...{ status: 400, version: 'compute 2.38' },
    answer: { badRequest: { code: 400, message: 'Invalid status value' } },
  })
  const refusal = '{"badRequest": {"code": 400, "message": "Invalid status value"}}'
  const asked = (): Note[] => [token, look, program('curl …', { output: refusal })]
  const again =
    /expect\(\s*cloud\.request\('compute', 'GET', '\/servers\/detail\?status=EROR', \{\s*headers: \{ 'openstack-api-version': 'compute 2\.38' \},?\s*\}\),?\s*\)\.rejects\.toMatchObject\(\{\s*code: 'API_FAILED',\s*status: 400/
  const said = await scenarioOf(...asked(), says('Invalid status'))
  expect(said).toMatch(again)
  expect(said).toContain("said: expect.stringContaining('Invalid status') as string")
  expect(await scenarioOf(...asked(), says('"code": 400'))).not.toContain('said:')
  // Not so when it was recorded: as a bug does, it fails.
  expect(await scenarioOf(...asked(), says('"servers": []'))).toMatch(/apiAnswer\([^)]*servers/)
  const failed = program('openstack server list --status EROR', { exitCode: 1, output: 'Invalid' })
  expect(await scenarioOf(token, look, failed, status(1))).toMatch(again)
})

test('what was told to fail the scenario fails it, also when nothing of it can be done again', async () => {
  const refused = program('openstack server list --status EROR', { exitCode: 2, output: 'invalid choice' })
  expect(await scenarioOf(refused, status(0))).toMatch(
    /Promise\.reject\(\s*new Error\(\s*'openstack server list --status EROR: it must exit 0; /,
  )
  expect(await scenarioOf(refused, says('choice'))).not.toContain('Promise.reject')
  const post = call('POST', `${nova}/os-keypairs`, {
    status: 409,
    json: {},
    answer: { conflictingRequest: {} },
  })
  expect(
    await scenarioOf(post, program('openstack keypair create', { exitCode: 1 }), says('fingerprint')),
  ).toMatch(/Promise\.reject\(\s*new Error\(\s*'openstack keypair create: it must say fingerprint;/)
})

test('what a program of this machine did that no service heard of is left out', async () => {
  expect(await scenarioOf(program('ping -c 1 controller'), booted, program('openstack x'))).toContain(
    '// Left out: ping -c 1 controller (a program of this machine, not of the cluster; it exited 0).',
  )
})

test('Horizon: what was done with its pages, and no password', async () => {
  const text = await scenarioOf(
    did('open', 'http://controller:8080/auth/login/'),
    did('fill', '#id_username', 'admin'),
    did('fill', '#id_password'),
    did('click', '#loginBtn'),
    did('choose', 'select[name="x`${y}\'"]', '*/'),
    says('Overview'),
  )
  expect(text).toContain("page.goto(horizonUrl + '/auth/login/', { waitUntil: 'domcontentloaded' })")
  expect(text).toContain("page.locator('#id_password').fill(credentials.password)")
  expect(text).toContain("page.getByText('Overview').first().waitFor()")
})

const hostile = '`${process.exit(1)}`\'"\\ \u202e\x1b]0;x\x07*/'

test('whatever a service answered and a person named, nothing of it acts', async () => {
  const text = await scenarioOf(
    call('GET', `http://controller:9696/v2.0/networks?name=${encodeURIComponent(hostile)}`, {
      answer: { networks: [{ id: network, name: hostile, __proto__: null }] },
    }),
    call('POST', `http://controller:9696/v2.0/networks/${network}/tags`, {
      status: 201,
      json: JSON.parse(
        `{"__proto__":{"a":1},"constructor":${JSON.stringify(hostile)},"a-b":[null,true,1.5]}`,
      ),
      answer: { [hostile]: { id: hostile, name: hostile } },
    }),
    program(hostile, { output: hostile }),
    call('DELETE', `http://controller:9696/v2.0/things/${encodeURIComponent(hostile)}`),
    program(hostile),
    says(hostile),
  )
  expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\u202e]/)
})

test('all of them are formatted, compile, and are linted', { timeout: 300_000 }, async () => {
  expect(await objections(written)).toEqual([])
})
