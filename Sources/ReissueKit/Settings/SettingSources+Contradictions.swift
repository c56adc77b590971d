// Options that cannot hold beside each other: that of the stronger source does. Of one source, neither is
// guessed to be meant.

internal import Core

extension SettingSources {
  /// Options, each with those before it that it does not go together with.
  private static let contradictions: KeyValuePairs<String, [String]> = [
    "stream": [], "event": ["stream"], "event-env": ["stream", "event"],
    "event-field": ["stream", "event"], "pretty": ["stream"], "force": ["stream"],
  ]

  /// The same without what a stronger source contradicts: a flag for once beats what is the rule.
  ///
  /// - Throws: ``ReissueError``: exit 64 for two flags, 78 for two variables or two members of the
  ///   configuration.
  func withoutContradictions() throws(ReissueError) -> SettingSources {
    let given = try given
    let strengths = Set(given.map(\.origin.strength)).sorted(by: >)
    var held: [(option: String, origin: SettingOrigin)] = []
    var beaten: Set<String> = []
    for strength in strengths {
      for (option, origin) in given where origin.strength == strength {
        guard let other = held.first(where: { Self.contradict($0.option, option) }) else {
          held.append((option, origin))
          continue
        }
        guard other.origin.strength > strength else {
          throw origin.problem(
            "\(other.origin.description) and \(origin.description) do not go together")
        }
        if option == "stream", other.option == "pretty" {
          // How something looks never decides what is read.
          beaten.insert("pretty")
          held.removeAll { $0.option == "pretty" }
          held.append((option, origin))
        } else {
          beaten.insert(option)
        }
      }
    }
    return passing(over: beaten)
  }

  /// Those of the options that say anything, and where.
  private var given: [(option: String, origin: SettingOrigin)] {
    get throws(ReissueError) {
      var given: [(option: String, origin: SettingOrigin)] = []
      for (option, _) in Self.contradictions {
        guard let value = value(option) else { continue }
        // A switch that is off contradicts nothing.
        let isSwitch = option == "stream" || option == "pretty"
        if isSwitch, try !flag(option) { continue }
        given.append((option, value.origin))
      }
      return given
    }
  }

  private static func contradict(_ left: String, _ right: String) -> Bool {
    contradictions.contains {
      ($0.key == left && $0.value.contains(right)) || ($0.key == right && $0.value.contains(left))
    }
  }
}
