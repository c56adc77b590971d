// Completions for bash, zsh and fish. The scripts ask the program for the words that can follow, so that they have the
// options of the installed version and the templates of the configuration in use.

internal import CommandOptions
internal import Core
internal import ReissueKit
internal import Templates

/// The words that can follow on a command line.
struct Completions {
  /// A hidden command for the scripts: `complete -- WORD...` with the words after the name of the program, up to the
  /// cursor.
  ///
  /// The first line of the output is `files`, `folders` or `none`: the names that the shell adds by itself.
  /// Every other line is a word, a tab and a description.
  static let command: Command = Command(
    "complete", "List what can follow on a command line.",
    operands: [Operand("word", count: .any, help: "The words behind the name of the program.")],
    isHidden: true
  ) { call in
    let completions = Completions(call.operands)
    return Terminal.write(Array(completions.text.utf8), exit: .done).rawValue
  }

  private var path = [Program.command]
  private var options: [CommandOption] = []
  private var values: [String] = []
  private var lines: [(word: String, help: String)] = []
  private var files = "none"
  private var operandCount = 0

  init(_ words: [String]) {
    var words = Self.joined(words)[...]
    let current = words.popLast() ?? ""
    values = Array(words)
    let isHelp = words.first == "help"
    if isHelp { words.removeFirst() }
    while let named = path.last?.commands.first(where: { $0.name == words.first }) {
      path.append(named)
      words.removeFirst()
    }
    if words.isEmpty { addCommands(isHelp: isHelp) }
    guard !isHelp else {
      keep(current)
      return
    }
    options = path.last?.options ?? []
    while let next = path.last?.commands.first {
      path.append(next)
      options += next.options
    }
    options.removeAll(where: \.isHidden)
    add(current, after: words)
  }

  private var text: String {
    files + "\n" + lines.map { "\($0.word)\t\($0.help)\n" }.joined()
  }

  /// bash passes `--name=value` as three words.
  private static func joined(_ words: [String]) -> [String] {
    var result: [String] = []
    var isJoining = false
    for word in words {
      if let last = result.last, isJoining || (word == "=" && last.hasPrefix("-")) {
        result[result.count - 1] = last + word
      } else {
        result.append(word)
      }
      isJoining = word == "="
    }
    return result
  }

  private mutating func addCommands(isHelp: Bool) {
    for command in path.last?.shownCommands ?? [] { lines.append((command.name, command.abstract)) }
    if path.count == 1, !isHelp { lines.append(("help", "Show the help of a command.")) }
  }

  private mutating func add(_ current: String, after words: ArraySlice<String>) {
    var pending: CommandOption?
    var isEnded = false
    for word in words {
      defer { isEnded = isEnded || word == "--" }
      if pending != nil {
        pending = nil
      } else if word.hasPrefix("-"), !isEnded {
        pending = option(word).flatMap { $0.kind == .flag ? nil : $0 }
      } else {
        operandCount += 1
      }
    }
    let sign = current.firstIndex(of: "=")
    if let pending {
      addValues(of: pending, prefix: "")
    } else if !isEnded, let sign, let option = option(String(current[..<sign])) {
      addValues(of: option, prefix: String(current[...sign]))
    } else if !isEnded, current.hasPrefix("-") {
      addOptions(besides: words)
    } else if let operand = path.last?.operand(at: operandCount) {
      addOperands(operand)
    }
    keep(current)
  }

  private func option(_ word: String) -> CommandOption? {
    options.first { word == "--\($0.name)" || $0.short.map { word == "-\($0)" } == true }
  }

  private mutating func addOptions(besides words: ArraySlice<String>) {
    for option in options where option.isRepeatable || !words.contains("--\(option.name)") {
      lines.append(("--\(option.name)", option.help))
    }
    lines += [("--help", "Show this help."), ("--version", "Show the version.")]
  }

  private mutating func addValues(of option: CommandOption, prefix: String) {
    lines = option.kind.words.map { (prefix + $0, option.help) }
    addFiles(option.kind)
    if option.name == CommandOption.template.name {
      lines = templateNames.map { (prefix + $0, "template") }
    }
  }

  private mutating func addOperands(_ operand: Operand) {
    lines += operand.kind.words.map { ($0, operand.help) }
    addFiles(operand.kind)
    if path.last?.name == CheckCommand.command.name, operand.kind == .file {
      lines += templateNames.map { ($0, "template") }
    }
  }

  private mutating func addFiles(_ kind: ValueKind) {
    switch kind {
    case .file: files = "files"
    case .folder: files = "folders"
    default: break
    }
  }

  private mutating func keep(_ current: String) {
    lines.removeAll { !$0.word.hasPrefix(current) }
  }

  /// The templates in the folder that this command line would use; empty if the folder is not known.
  ///
  /// Shells insert these words without quoting, so names with special characters are omitted.
  private var templateNames: [String] {
    var arguments = values
    // The last option may not have its value yet.
    var call = try? Invocation(arguments, of: Program.command)
    while call == nil, arguments.popLast() != nil {
      call = try? Invocation(arguments, of: Program.command)
    }
    let session = Session(call)
    guard let settings = try? session.settings() else { return [] }
    let folder = TemplateFolder(path: settings.templatesFolder, context: session.context)
    let names = ((try? folder.files()) ?? []).map(\.name)
    return names.filter { name in
      !name.hasPrefix("-")
        && name.unicodeScalars.allSatisfy {
          $0.isASCII
            && ($0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0))
        }
    }
  }

  static func script(for shell: String) -> String {
    switch shell {
    case "bash": bash
    case "zsh": zsh
    default: fish
    }
  }

  private static let bash = #"""
    # Completions of ncloud-reissue for bash; the program itself says what can follow.
    _ncloud_reissue() {
      local current=${COMP_WORDS[COMP_CWORD]} kind word
      [ "$current" != = ] || current=
      COMPREPLY=()
      {
        read -r kind
        while IFS=$'\t' read -r word _; do
          # bash replaces what follows the sign only, where the sign separates words.
          case $word,$COMP_WORDBREAKS in --*=*,*=*) word=${word#*=} ;; esac
          COMPREPLY+=("$word")
        done
      } < <("$1" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
      case $kind in
        files) compopt -o filenames; word=-f ;;
        folders) compopt -o filenames; word=-d ;;
        *) return ;;
      esac
      while IFS= read -r kind; do COMPREPLY+=("$kind"); done < <(compgen "$word" -- "$current")
    }
    complete -F _ncloud_reissue ncloud-reissue

    """#

  private static let zsh = #"""
    #compdef ncloud-reissue
    # Completions of ncloud-reissue for zsh; the program itself says what can follow.
    _ncloud_reissue() {
      local line
      local -a lines found
      lines=("${(@f)$("$words[1]" complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
      for line in "${(@)lines[2,-1]}"; do
        found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
      done
      (( $#found )) && _describe -t words 'ncloud-reissue' found
      [[ $lines[1] = none ]] || compset -P '--*='
      case $lines[1] in
        files) _files ;;
        folders) _files -/ ;;
      esac
    }
    if [ "$funcstack[1]" = _ncloud-reissue ]; then
      _ncloud_reissue "$@"
    else
      compdef _ncloud_reissue ncloud-reissue
    fi

    """#

  private static let fish = #"""
    # Completions of ncloud-reissue for fish; the program itself says what can follow.
    function __ncloud_reissue_complete
        set -l words (commandline -opc)
        set -l current (commandline -ct)
        set -l lines ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
        printf '%s\n' $lines[2..-1]
        set -l sign (string match -r -- '^--[^=]*=' "$current")
        set -l file (string replace -r -- '^--[^=]*=' '' "$current")
        switch "$lines[1]"
            case files
                string replace -r -- '^' "$sign" (__fish_complete_path "$file")
            case folders
                string replace -r -- '^' "$sign" (__fish_complete_directories "$file" folder)
        end
    end
    complete -c ncloud-reissue -f -a '(__ncloud_reissue_complete)'

    """#
}
