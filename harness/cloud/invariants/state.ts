/** What is looked at of a cloud when a scenario has ended. */
export interface CloudState {
  servers: { id: string; name: string; status: string; task: string | undefined; host: string | undefined }[]
  /** libvirt's, of all compute nodes. */
  domains: { node: string; id: string }[]
  /** Who has something allocated in Placement. */
  consumers: string[]
  ports: { id: string; owner: string; device: string; network: string }[]
  networks: string[]
  routers: string[]
  volumes: { id: string; status: string; servers: string[] }[]
  logs: NodeLogs
  /** Of network nodes, as `ip netns` names them. */
  namespaces: { node: string; name: string }[]
}

/** What the nodes say of services that were restarted, and of errors that were logged with a traceback. */
export interface NodeLogs {
  /** How often its init system has restarted a service by itself, by `SERVICE on NODE`. */
  restarts: Readonly<Record<string, number>>
  /** The last lines of the tracebacks of a file, the oldest first, by `FILE on NODE`. */
  tracebacks: Readonly<Record<string, readonly string[]>>
}

/** What is broken, and whether waiting may mend it: the cloud may be in the middle of something. */
export interface Broken {
  text: string
  mayPass: boolean
}
