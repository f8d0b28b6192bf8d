/** A scenario as the project's prettier writes it; where there is none, as in a project that has only the package, as it is. */
export async function formatted(source: string, file: string): Promise<string> {
  try {
    const { format, resolveConfig } = await import('prettier')
    return await format(source, { ...(await resolveConfig(file)), filepath: file })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return source
    throw error
  }
}
