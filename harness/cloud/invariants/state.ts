/** What is looked at of a cloud when a scenario has ended. */
export interface CloudState extends NodesState {
  servers: { id: string; name: string; status: string; task: string | undefined; host: string | undefined }[]
  /** Who has something allocated in Placement; undefined where there is none. */
  consumers: string[] | undefined
  ports: { id: string; owner: string; device: string }[]
  networks: string[]
  routers: string[]
  volumes: { id: string; status: string; servers: string[] }[]
  images: { id: string; name: string; status: string }[]
}

/** What the nodes themselves are asked for. */
export interface NodesState {
  /** libvirt's, of all compute nodes. */
  domains: { node: string; id: string }[]
  /** Of network nodes, as `ip netns` names them. */
  namespaces: { node: string; name: string }[]
  /** What identifies a boot, by node. */
  boots: Readonly<Record<string, string>>
  restarts: readonly Restarts[]
  /** Empty where no broker told of any. */
  queues: readonly Queue[]
  /** What was logged since the scenario began; none of a node of which that place is not known. */
  tracebacks: readonly Traceback[]
}

/** How often its init system has restarted a service by itself since the node was booted. */
export interface Restarts {
  node: string
  service: string
  count: number
}

export interface Queue {
  name: string
  messages: number
  consumers: number
}

export interface Traceback {
  node: string
  /** Who has logged it: a program, or a file. */
  from: string
  /** The exception, as the line behind the traceback's frames says it. */
  exception: string
}

/** What had happened before a scenario began, and what was done in it on purpose. */
export interface Before extends Pick<NodesState, 'boots' | 'restarts' | 'queues'> {
  /** Services that a fault has ended, as `rabbitmq-server on controller`. */
  killed: ReadonlySet<string>
}

/** What is broken, and whether waiting may mend it: the cloud may be in the middle of something. */
export interface Broken {
  text: string
  mayPass: boolean
}
