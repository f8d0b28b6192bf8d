import { forgetSettings } from '../settings.js'

/** Sets variables of this process's own environment, and of the programs that it starts, until what is returned is called. */
export function setEnvironment(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, values)
  forgetSettings()
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
    forgetSettings()
  }
}
