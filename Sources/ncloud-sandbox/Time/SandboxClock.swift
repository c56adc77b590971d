// The sandbox's own idea of the time: the machine's, moved by as much as a trial wants.

internal import Dispatch

/// Tells the time of the gateway and of the service behind it.
struct SandboxClock: Sendable {
  /// How far the sandbox is ahead of the machine, in seconds; negative when it lags behind.
  var offsetSeconds = 0

  /// Milliseconds since 1970-01-01 00:00:00 UTC, offset included.
  var milliseconds: Int { Self.machineMilliseconds + offsetSeconds * 1000 }

  /// Seconds since 1970-01-01 00:00:00 UTC, offset included.
  var seconds: Int { milliseconds / 1000 }

  /// What the machine says, whatever the offset.
  ///
  /// libdispatch keeps a point of wall-clock time as its nanoseconds since 1970, negated
  /// (`dispatch/time.h`: "encoded as negative values"); this needs neither Foundation nor a pointer.
  static var machineMilliseconds: Int {
    let encoded = Int64(bitPattern: DispatchWallTime.now().rawValue)
    return Int(-(encoded / 1_000_000))
  }
}
