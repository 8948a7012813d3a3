/** Tells the parts of this process that listen what has happened. Costs nothing while nobody listens. */
export class Signal<Message> {
  private readonly listeners = new Set<(message: Message) => void>();

  /** Whether anybody listens, for senders that would have to measure something first. */
  get isHeard(): boolean {
    return this.listeners.size > 0;
  }

  send(message: Message): void {
    for (const listener of this.listeners) listener(message);
  }

  /**
   * @param listener must not throw
   * @returns a function that removes the listener
   */
  listen(listener: (message: Message) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
