/** A scenario as the project's prettier writes it; as it is where there is none, or where that cannot: a recording is not lost for its looks. */
export async function formatted(source: string, file: string): Promise<string> {
  try {
    const { format, resolveConfig } = await import('prettier')
    return await format(source, { ...(await resolveConfig(file)), filepath: file })
  } catch {
    return source
  }
}
