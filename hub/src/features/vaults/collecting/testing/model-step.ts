export interface Step<World> {
  readonly name: string
  readonly world: World
  /** What must never happen, and did. */
  readonly broken?: string
}
