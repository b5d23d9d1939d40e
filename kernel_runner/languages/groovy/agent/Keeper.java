package kernelrunner;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.codehaus.groovy.ast.ClassHelper;
import org.codehaus.groovy.ast.ClassNode;
import org.codehaus.groovy.ast.ModuleNode;
import org.codehaus.groovy.ast.expr.BinaryExpression;
import org.codehaus.groovy.ast.expr.CastExpression;
import org.codehaus.groovy.ast.expr.ConstantExpression;
import org.codehaus.groovy.ast.expr.DeclarationExpression;
import org.codehaus.groovy.ast.expr.EmptyExpression;
import org.codehaus.groovy.ast.expr.Expression;
import org.codehaus.groovy.ast.expr.TupleExpression;
import org.codehaus.groovy.ast.expr.VariableExpression;
import org.codehaus.groovy.ast.stmt.ExpressionStatement;
import org.codehaus.groovy.ast.stmt.ReturnStatement;
import org.codehaus.groovy.ast.stmt.Statement;
import org.codehaus.groovy.classgen.GeneratorContext;
import org.codehaus.groovy.control.CompilePhase;
import org.codehaus.groovy.control.SourceUnit;
import org.codehaus.groovy.control.customizers.CompilationCustomizer;
import org.codehaus.groovy.syntax.Types;

/** Makes what a script declares at its top, and imports, live on: groovysh does so, a script does not. */
final class Keeper extends CompilationCustomizer {
    /** What puts the imports of earlier cells into a module. */
    private final List<Consumer<ModuleNode>> imports = new ArrayList<>();

    private ModuleNode current;

    Keeper() {
        super(CompilePhase.CONVERSION);
        imports.add(module -> module.addStaticStarImport("Display", ClassHelper.make(Display.class)));
    }

    @Override
    public void call(SourceUnit source, GeneratorContext context, ClassNode declared) {
        var module = source.getAST();
        if (module == current) {
            return; // it comes for each of the module's classes
        }
        current = module;
        var kept = List.copyOf(imports);
        remember(module);
        kept.forEach(each -> each.accept(module));
        var statements = module.getStatementBlock().getStatements();
        statements.replaceAll(Keeper::assigning);
        if (!statements.isEmpty() && isAssignment(statements.get(statements.size() - 1))) {
            statements.add(new ReturnStatement(ConstantExpression.NULL)); // it has no value to show
        }
    }

    /** The imports of the last cell were found wrong with it: later ones go without them. */
    void restore(int size) {
        imports.subList(size, imports.size()).clear();
    }

    int size() {
        return imports.size();
    }

    private void remember(ModuleNode module) {
        module.getImports().forEach(each -> imports.add(later -> {
            if (later.getImport(each.getAlias()) == null) { // a cell may give the name to another
                later.addImport(each.getAlias(), each.getType());
            }
        }));
        module.getStarImports().forEach(each -> imports.add(later -> later.addStarImport(each.getPackageName())));
        module.getStaticImports().forEach((alias, each) -> imports.add(later -> {
            if (!later.getStaticImports().containsKey(alias)) {
                later.addStaticImport(each.getType(), each.getFieldName(), alias);
            }
        }));
        module.getStaticStarImports().forEach((name, each) ->
                imports.add(later -> later.addStaticStarImport(name, each.getType())));
    }

    /** `def x = 1` as `x = 1`, which sets the variable for all cells. */
    private static Statement assigning(Statement statement) {
        if (!(statement instanceof ExpressionStatement single)
                || !(single.getExpression() instanceof DeclarationExpression declaration)
                || !declaration.getAnnotations().isEmpty()) {
            return statement;
        }
        Expression target;
        var value = declaration.getRightExpression();
        if (declaration.isMultipleAssignmentDeclaration()) {
            var targets = new TupleExpression();
            declaration.getTupleExpression().getExpressions().forEach(each -> targets.addExpression(undeclared(each)));
            target = targets;
        } else {
            target = undeclared(declaration.getLeftExpression());
            value = converted(value, declaration.getVariableExpression().getOriginType());
        }
        target.setSourcePosition(declaration.getLeftExpression());
        var assignment = new BinaryExpression(target, declaration.getOperation(), value);
        assignment.setSourcePosition(declaration);
        var result = new ExpressionStatement(assignment);
        result.setSourcePosition(statement);
        return result;
    }

    private static Expression undeclared(Expression variable) {
        return new VariableExpression(((VariableExpression) variable).getName());
    }

    /** What a variable of that type has once it is declared with the value. */
    private static Expression converted(Expression value, ClassNode type) {
        if (value instanceof EmptyExpression) {
            if (!ClassHelper.isPrimitiveType(type)) {
                return ConstantExpression.NULL;
            }
            value = new ConstantExpression(type == ClassHelper.boolean_TYPE ? (Object) false : (Object) 0);
        }
        if (type == ClassHelper.DYNAMIC_TYPE || type == ClassHelper.OBJECT_TYPE) {
            return value;
        }
        var cast = CastExpression.asExpression(type, value);
        cast.setSourcePosition(value);
        return cast;
    }

    private static boolean isAssignment(Statement statement) {
        return statement instanceof ExpressionStatement single
                && single.getExpression() instanceof BinaryExpression binary
                && Types.ofType(binary.getOperation().getType(), Types.ASSIGNMENT_OPERATOR);
    }
}
