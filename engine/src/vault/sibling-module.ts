/** The module beside `importer`, whether that runs as TypeScript or was built. @param name with its leading `./`, without its ending. */
export const siblingModule = (name: string, importer: string): URL =>
  new URL(`${name}${importer.endsWith('.ts') ? '.ts' : '.js'}`, importer)
