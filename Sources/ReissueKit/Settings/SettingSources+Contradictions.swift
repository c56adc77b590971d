// Options that exclude each other: the one from the stronger source is used. Both from one source are an error.

internal import CommandOptions
internal import Core

extension SettingSources {
  /// Each option with the options that it excludes.
  private static let contradictions: KeyValuePairs<CommandOption, [CommandOption]> = [
    .stream: [], .event: [.stream], .eventEnv: [.stream, .event],
    .eventField: [.stream, .event], .pretty: [.stream], .force: [.stream],
  ]

  /// Drops options that conflict with one from a stronger source (flag, environment, file).
  ///
  /// - Throws: ``ReissueError``, exit 64 for two flags, exit 78 for two variables or two members of the configuration.
  func withoutContradictions() throws(ReissueError) -> SettingSources {
    let given = try given
    let strengths = Set(given.map(\.origin.strength)).sorted(by: >)
    var held: [(option: CommandOption, origin: SettingOrigin)] = []
    var dropped: Set<String> = []
    for strength in strengths {
      for (option, origin) in given where origin.strength == strength {
        guard let other = held.first(where: { Self.contradict($0.option, option) }) else {
          held.append((option, origin))
          continue
        }
        guard other.origin.strength > strength else {
          throw origin.problem(
            "\(other.origin.description) and \(origin.description) exclude each other")
        }
        if option == .stream, other.option == .pretty {
          // An option for the layout of the output does not override an option for the input.
          dropped.insert(other.option.name)
          held.removeAll { $0.option == .pretty }
          held.append((option, origin))
        } else {
          dropped.insert(option.name)
        }
      }
    }
    return ignoring(dropped)
  }

  /// The options that are set, each with its source.
  private var given: [(option: CommandOption, origin: SettingOrigin)] {
    get throws(ReissueError) {
      var given: [(option: CommandOption, origin: SettingOrigin)] = []
      for (option, _) in Self.contradictions {
        guard let value = value(option) else { continue }
        // A flag that is off does not exclude others.
        if option.kind == .flag, try !flag(option) { continue }
        given.append((option, value.origin))
      }
      return given
    }
  }

  private static func contradict(_ left: CommandOption, _ right: CommandOption) -> Bool {
    contradictions.contains {
      ($0.key == left && $0.value.contains(right)) || ($0.key == right && $0.value.contains(left))
    }
  }
}
