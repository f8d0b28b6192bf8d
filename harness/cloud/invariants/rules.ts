import { knownTraceback } from './known-tracebacks.js'
import type { Broken, CloudState, NodeLogs } from './state.js'

type Rule = (now: CloudState, before: NodeLogs) => Broken[]

const passing = (text: string): Broken => ({ text, mayPass: true })
const lasting = (text: string): Broken => ({ text, mayPass: false })

/** Nova's states of a server that it is still at work on, and those in which there is no domain ("Server concepts", API guide). */
const intermediate = /^(BUILD|REBOOT|HARD_REBOOT|PASSWORD|REBUILD|MIGRATING|RESIZE|REVERT_RESIZE)$/
const withoutDomain = /^(ERROR|DELETED|SOFT_DELETED|SHELVED_OFFLOADED|BUILD)$/
/** Cinder's ("Volumes", API reference). */
const volumeAtWork =
  /^(creating|deleting|attaching|detaching|extending|uploading|downloading|retyping|reserved)$/

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

const owners: Rule = ({ servers, consumers, ports, networks, routers, volumes, namespaces }) => {
  const isServer = (id: string): boolean => servers.some((server) => server.id === id)
  return [
    ...consumers
      .filter((id) => !isServer(id))
      .map((id) => passing(`an allocation is of ${id}, which is no server`)),
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
    ...namespaces
      .filter(({ name }) => {
        const [, kind, id = ''] = /^(qdhcp|qrouter)-(.+)$/.exec(name) ?? []
        return kind === 'qdhcp' ? !networks.includes(id) : kind === 'qrouter' && !routers.includes(id)
      })
      .map(({ name, node }) => passing(`namespace ${name} on ${node} has no owner`)),
  ]
}

const atWork: Rule = ({ servers, volumes }) => [
  ...servers
    .filter(({ status, task }) => task !== undefined || intermediate.test(status))
    .map(({ id, name, status, task }) =>
      passing(`server ${name} (${id}) stays ${status}, ${task ?? 'no task'}`),
    ),
  ...volumes
    .filter(({ status }) => volumeAtWork.test(status))
    .map(({ id, status }) => passing(`volume ${id} stays ${status}`)),
]

const restarts: Rule = ({ logs }, before) =>
  Object.entries(logs.restarts)
    .filter(([service, count]) => count > (before.restarts[service] ?? count))
    .map(([service, count]) =>
      lasting(`${service} was restarted ${count - (before.restarts[service] ?? 0)} times by its init system`),
    )

const tracebacks: Rule = ({ logs }, before) =>
  Object.entries(logs.tracebacks).flatMap(([file, lines]) => {
    // A file may have been begun anew.
    const known = before.tracebacks[file] ?? []
    const fresh = lines.length >= known.length ? lines.slice(known.length) : lines
    return [...new Set(fresh)]
      .filter((line) => knownTraceback(line) === undefined)
      .map((line) => lasting(`a new traceback in ${file}: ${line}`))
  })

/** What must hold of a cloud when a scenario has ended, and does not. */
export const brokenInvariants: Rule = (now, before) =>
  [domains, owners, atWork, restarts, tracebacks].flatMap((rule) => rule(now, before))
