/** Why the filter does not load or read. All are one tree. */

/** Anything that this package refuses. */
export class DeviceError extends Error {
  /** @param {string} message says what to do */
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** A file cannot be fetched, or is another one than its digest says. */
export class LoadError extends DeviceError {}

/** The model computes otherwise here than where it was judged. */
export class ComputesOtherwise extends DeviceError {}

/** This browser keeps no key. */
export class KeyNotKept extends DeviceError {}

/** What was asked for is nothing that the model has. */
export class UnknownChoice extends DeviceError {}

/** What was handed over is no picture. */
export class NoPicture extends DeviceError {}

/** The server refused the features. */
export class Refused extends DeviceError {
  /**
   * @param {string} detail what the server says
   * @param {number} status of HTTP
   * @param {string} type of the problem, `urn:faceveil:problem:...`; `about:blank` if none was told
   */
  constructor(detail, status, type) {
    super(detail);
    this.status = status;
    this.type = type;
  }
}
