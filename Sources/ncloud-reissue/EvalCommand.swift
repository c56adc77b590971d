internal import ArgumentParser
internal import Core
internal import JSON
internal import ReissueKit
internal import Templates

struct EvalCommand: ParsableCommand, Command {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Evaluate one expression against an event, as a template would.",
    discussion: """
      Prints the bare JSON value; null is a value. The expression sees what `when` and `items` \
      of a template see: the event as @, and $event, $now, $vars and, with --template, its $data. \
      With --item it sees what `reissue` sees: the item as @, $item, $index and the names in `let`.

      Put expressions into single quotes: backticks and $ mean something to the shell.

      EXAMPLES:
        ncloud-reissue eval 'alerts[*].labels.instance' < alert.json
        ncloud-reissue eval -t alertmanager --item 0 '$cert.cn' < alert.json
        ncloud-reissue eval --ast 'labels.cn || $cert.cn'
        ncloud-reissue eval --functions parse_time

      EXIT STATUS: 0 there is a value, 65 the event cannot be read or does not fit the \
      expression, 78 the expression is wrong in itself, or the template.
      """)

  @Argument(help: "The expression; with --functions the name of one function.")
  var expression: String?
  @Flag(help: "Print the tree of the expression and read no event.")
  var ast = false
  @Flag(help: "List the functions, or explain one, and read no event.")
  var functions = false
  @Option(
    help: ArgumentHelp("Evaluate for this item of the template, from 0.", valueName: "n"))
  var item: Int?
  @Flag(help: "Write errors as JSON on standard output, and --functions too.")
  var json = false
  @OptionGroup(title: "Event") var event: EventOptions
  @OptionGroup(title: "Template") var template: TemplateOptions
  @OptionGroup(title: "Template") var time: DeadlineOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if let item, item < 0 { throw ValidationError("--item counts from 0; \(item) is no item") }
    if expression == nil, !functions {
      throw ValidationError("an expression is missing; --functions lists what it can call")
    }
    if ast, functions || item != nil {
      throw ValidationError("--ast reads no event: leave out --functions and --item")
    }
  }

  func status() -> ExitStatus {
    let session = Session([event, template, time, output])
    do throws(ReissueError) {
      let settings = try session.settings()
      return status(session, settings)
    } catch {
      session.log().log(error)
      return fail(error, isPretty: output.pretty)
    }
  }

  private func status(_ session: Session, _ settings: Settings) -> ExitStatus {
    if functions { return list(isPretty: settings.isPretty, session.log(settings)) }
    if !ast, session.lacksEvent(settings) {
      Terminal.complain(Program.helpMessage(for: Self.self))
      return fail(Session.noEvent, isPretty: settings.isPretty)
    }
    let log = session.log(settings)
    do throws(ExpressionTrial.Failure) {
      let value = try value(session, settings, log)
      return write(value, isPretty: settings.isPretty) ? .done : .inputOutput
    } catch {
      log.log(error)
      return fail(error.error, isPretty: settings.isPretty)
    }
  }

  private func value(
    _ session: Session, _ settings: Settings, _ log: Log
  ) throws(ExpressionTrial.Failure) -> JSONValue {
    let source = expression ?? ""
    guard !ast else { return try ExpressionTrial.tree(of: source) }
    let deadline = session.deadline(settings)
    let evaluation = try ExpressionTrial(
      source, item: item, settings: settings, context: session.context)
    let event: Event
    do throws(ReissueError) {
      event = try session.event(settings, until: deadline)
    } catch {
      throw .surroundings(error)
    }
    let answer = try evaluation.answer(for: event, until: deadline)
    if let missing = answer.missing {
      log.log(answer.value.isNull ? .warning : .info, "nothing was found: \(missing)")
    }
    return answer.value
  }

  private func list(isPretty: Bool, _ log: Log) -> ExitStatus {
    do throws(ReissueError) {
      let list = try FunctionList(named: expression)
      guard !json else { return write(list.json, isPretty: isPretty) ? .done : .inputOutput }
      return Terminal.write(Array(list.text.utf8), exit: .done)
    } catch {
      log.log(error)
      return fail(error, isPretty: isPretty)
    }
  }

  private func fail(_ error: ReissueError, isPretty: Bool) -> ExitStatus {
    guard json else { return error.exit }
    return write(RenderReport(error).json, isPretty: isPretty) ? error.exit : .inputOutput
  }

  private func write(_ value: JSONValue, isPretty: Bool) -> Bool {
    var text = JSONEncoder.encode(value, layout: isPretty ? .pretty : .compact)
    text.append(UInt8(ascii: "\n"))
    return Terminal.write(text)
  }
}
