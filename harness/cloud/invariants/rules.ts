import { knownTraceback } from './known-tracebacks.js'
import type { Before, Broken, CloudState } from './state.js'

type Rule = (now: CloudState, before: Before) => Broken[]

const passing = (text: string): Broken => ({ text, mayPass: true })
const lasting = (text: string): Broken => ({ text, mayPass: false })

/** Nova's states of a server that it is still at work on, and those in which there is no domain ("Server concepts", API guide). */
const serverAtWork = /^(BUILD|REBOOT|HARD_REBOOT|PASSWORD|REBUILD|MIGRATING|RESIZE|REVERT_RESIZE)$/
const withoutDomain = /^(ERROR|DELETED|SOFT_DELETED|SHELVED_OFFLOADED|BUILD)$/
/** Cinder's ("Volumes", API reference). */
const volumeAtWork =
  /^(creating|deleting|attaching|detaching|extending|uploading|downloading|retyping|reserved)$/
/** Glance's ("Image Statuses", user guide); one that is queued waits for its user. */
const imageAtWork = /^(saving|uploading|importing|pending_delete)$/

const domains: Rule = ({ servers, domains }) => [
  ...domains
    .filter(({ id }) => !servers.some((server) => server.id === id))
    .map(({ node, id }) => passing(`domain ${id} on ${node} has no server`)),
  ...servers
    .filter(
      ({ host, status, task }) => host !== undefined && task === undefined && !withoutDomain.test(status),
    )
    .filter(({ id }) => !domains.some((domain) => domain.id === id))
    .map(({ id, name, host }) => passing(`server ${name} (${id}) has no domain on ${host ?? ''}`)),
]

const allocations: Rule = ({ servers, consumers }) => {
  if (!consumers) return []
  return [
    ...consumers
      .filter((id) => !servers.some((server) => server.id === id))
      .map((id) => passing(`an allocation is of ${id}, which is no server`)),
    ...servers
      .filter(({ id, status }) => status === 'ACTIVE' && !consumers.includes(id))
      .map(({ id, name }) => passing(`server ${name} (${id}) has no allocation`)),
  ]
}

const owners: Rule = ({ servers, ports, networks, routers, volumes, namespaces }) => {
  const isServer = (id: string): boolean => servers.some((server) => server.id === id)
  return [
    ...ports
      .filter(({ owner, device }) => owner.startsWith('compute:') && !isServer(device))
      .map(({ id, device }) => passing(`port ${id} is of ${device}, which is no server`)),
    ...ports
      .filter(({ owner, device }) => owner.startsWith('network:router') && !routers.includes(device))
      .map(({ id, device }) => passing(`port ${id} is of ${device}, which is no router`)),
    ...volumes.flatMap(({ id, servers: attached }) =>
      attached
        .filter((server) => !isServer(server))
        .map((server) => passing(`volume ${id} is attached to ${server}, which is no server`)),
    ),
    ...volumes
      .filter(({ status, servers: attached }) => status === 'in-use' && attached.length === 0)
      .map(({ id }) => passing(`volume ${id} is in use, and attached to nothing`)),
    ...namespaces
      .filter(({ name }) => {
        const [, kind, id = ''] = /^(qdhcp|qrouter)-(.+)$/.exec(name) ?? []
        return kind === 'qdhcp' ? !networks.includes(id) : kind === 'qrouter' && !routers.includes(id)
      })
      .map(({ name, node }) => passing(`namespace ${name} on ${node} has no owner`)),
  ]
}

const atWork: Rule = ({ servers, volumes, images }) => [
  ...servers
    .filter(({ status, task }) => task !== undefined || serverAtWork.test(status))
    .map(({ id, name, status, task }) =>
      passing(`server ${name} (${id}) stays ${status}, ${task ?? 'no task'}`),
    ),
  ...volumes
    .filter(({ status }) => volumeAtWork.test(status))
    .map(({ id, status }) => passing(`volume ${id} stays ${status}`)),
  ...images
    .filter(({ status }) => imageAtWork.test(status))
    .map(({ id, name, status }) => passing(`image ${name} (${id}) stays ${status}`)),
]

/** What a service has to do next must get less: nobody looks when it does not. */
const queues: Rule = ({ queues: now }, before) =>
  before.queues.flatMap(({ name, messages, consumers }) => {
    const queue = now.find((other) => other.name === name)
    if (!queue) return [passing(`queue ${name} is gone`)]
    if (queue.consumers === 0 && consumers > 0) return [passing(`queue ${name} has no consumer any more`)]
    return queue.messages > messages ? [passing(`queue ${name} keeps ${queue.messages} messages`)] : []
  })

/** A node that was booted since: what its services say while they begin, one before the other, is no news. */
const isSameBoot = (node: string, { boots }: CloudState, before: Before): boolean =>
  boots[node] !== undefined && boots[node] === before.boots[node]

const restarts: Rule = (now, before) =>
  now.restarts.flatMap(({ node, service, count }) => {
    const known = before.restarts.find((other) => other.node === node && other.service === service)
    if (!known || !isSameBoot(node, now, before) || before.killed.has(`${service} on ${node}`)) return []
    const times = count - known.count
    return times > 0 ? [lasting(`${service} on ${node} was restarted ${times} times by its init system`)] : []
  })

const tracebacks: Rule = (now, before) => {
  const news = now.tracebacks
    .filter(({ node, exception }) => isSameBoot(node, now, before) && knownTraceback(exception) === undefined)
    .map(({ node, from, exception }) => `a new traceback of ${from} on ${node}: ${exception}`)
  return [...new Set(news)].map(lasting)
}

/** What must hold of a cloud when a scenario has ended, and does not. */
export const brokenInvariants: Rule = (now, before) =>
  [domains, allocations, owners, atWork, queues, restarts, tracebacks].flatMap((rule) => rule(now, before))
