import path from 'node:path'

/** Where one major version's cluster lies. Majors never share a folder: their files are not compatible. */
export interface ClusterLayout {
  /** `$HOLDFAST_DATA/postgres`, the hub's. */
  readonly folder: string
  /** `postgres/18`, the database's user's, 0700. */
  readonly home: string
  readonly dataFolder: string
  readonly logFolder: string
  /** What the server says before its own log is open. */
  readonly startupLog: string
  /** Settings, written by the hub before each start. */
  readonly settingsFile: string
  /** The hub's password for the database, 0600, made once. */
  readonly passwordFile: string
  /** Copies of the binaries where the packages' own cannot be used. */
  readonly runtimeFolder: string
  readonly socketFolder: string
}

export function clusterLayout(folder: string, major: string): ClusterLayout {
  const home = path.join(folder, major)
  return {
    folder,
    home,
    dataFolder: path.join(home, 'data'),
    logFolder: path.join(home, 'log'),
    startupLog: path.join(home, 'startup.log'),
    settingsFile: path.join(folder, `${major}.conf`),
    passwordFile: path.join(folder, 'password'),
    runtimeFolder: runtimeFolderOf(folder),
    socketFolder: path.join(folder, 'socket'),
  }
}

/** The same for all majors: binaries are found before their major is known. */
export const runtimeFolderOf = (folder: string): string => path.join(folder, 'runtime')
