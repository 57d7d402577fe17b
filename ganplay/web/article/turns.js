// Whose turn it is: of all pieces one plays. Pieces in frames beside this one, each a page of its own,
// are told by the browser's channel of this address, where there is one.

export class Turns {
  /** @param {?BroadcastChannel} channel */
  constructor(channel = null) {
    this.now = null;
    this.channel = channel;
    if (channel) channel.onmessage = () => this.now?.pause();
  }

  // The one before pauses first.
  take(player) {
    if (this.now !== player) this.now?.pause();
    this.now = player;
    this.channel?.postMessage("playing");
  }

  leave(player) {
    if (this.now === player) this.now = null;
  }
}
